import { sized } from '../helpers/test-size.ts';
import { seedsHold } from './seeds-hold.ts';

seedsHold(1, sized({ small: 20, full: 200 }), {}, { sparse: true });
