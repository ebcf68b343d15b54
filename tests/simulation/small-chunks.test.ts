import { sized } from '../helpers/test-size.ts';
import { seedsHold } from './seeds-hold.ts';

seedsHold(1, sized({ small: 50, full: 500 }), {}, { smallChunks: true });
