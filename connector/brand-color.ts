/**
 * The background of `icon.png` and `iconBrandColor`, which have to be equal. Neither white nor the
 * default blue #007ee5 (learn.microsoft.com/connectors/custom-connectors/certification-submission).
 */
export const BRAND_COLOR = '#0f5f6b';
