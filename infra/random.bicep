// 32 random bytes, out of three GUIDs of version 4. Such a GUID has two digits that are not random: the first of its third group and
// the first of its fourth. The 27 before and behind them are: three GUIDs give 81, of which 64 are 32 bytes.

func digitsOf(guids string) string =>
  join(
    map(split(replace(toLower(guids), '-', ''), ' '), guid => '${substring(guid, 0, 12)}${substring(guid, 17, 15)}'),
    ''
  )

func valueOf(digits string, at int) int => indexOf('0123456789abcdef', substring(digits, at, 1))

func character(value int) string =>
  substring('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/', value, 1)

// Three digits, 12 bits, are two characters of base64. The 64th is left over, and filled up with zeros.
func base64OfDigits(digits string) string =>
  '${join(map(range(0, 21), at => '${character(valueOf(digits, 3 * at) * 4 + valueOf(digits, 3 * at + 1) / 4)}${character(valueOf(digits, 3 * at + 1) % 4 * 16 + valueOf(digits, 3 * at + 2))}'), '')}${character(valueOf(digits, 63) * 4)}='

@export()
@description('Base64 of 32 bytes, from three random GUIDs with a blank between them.')
func base64OfGuids(guids string) string => base64OfDigits(digitsOf(guids))
