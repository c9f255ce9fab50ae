import { serveLane } from './serve-lane.ts';

serveLane();
