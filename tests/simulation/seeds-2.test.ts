import { seedsHold } from './seeds-hold.ts';

seedsHold(1001, 2000);
