import { sized } from '../helpers/test-size.ts';
import { seedsHold } from './seeds-hold.ts';

seedsHold(1, sized({ small: 100, full: 1000 }));
