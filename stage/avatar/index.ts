/** The avatar: everything a page needs to build and draw one. */
export { Avatar, type AvatarMoment, type AvatarRecipe } from './avatar.js';
export { ATLAS, FACES } from './bake.js';
export type { Cue } from './choreography.js';
export type { Dance } from './dance.js';
export type { Extent } from './extent.js';
export type { Layer } from './layers.js';
export { type Part, readPart } from './library.js';
export { EdgeSmoother } from './smooth.js';
export { DEFAULT_POSITION, DEFAULT_TARGET, propertyAt, type StagingValues } from './staging.js';
export { blinkAt, Lips, type Mouth, type NoteValues } from './voice.js';
