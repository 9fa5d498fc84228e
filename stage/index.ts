/** What the pages and the site share. */
export { expose, Files, failure, type Player } from './capture.js';
export { type Finish, type Geometry, type Layout, PlanePacker } from './planes.js';
