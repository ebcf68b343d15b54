import { sized } from '../helpers/test-size.ts';
import { recovering } from './plan.ts';
import { seedsHold } from './seeds-hold.ts';

seedsHold(1, sized({ small: 30, full: 300 }), recovering);
