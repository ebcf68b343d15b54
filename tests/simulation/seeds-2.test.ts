import { sized } from '../helpers/test-size.ts';
import { seedsHold } from './seeds-hold.ts';

seedsHold(1001, sized({ small: 1100, full: 2000 }));
