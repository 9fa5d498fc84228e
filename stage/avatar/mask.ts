/** What headwear does to the hair below it: a rule in the headwear's part, the same for every hair part. */
import type { Vector3 } from 'three';

/**
 * A part's declared mask, `extras.mask`; metres, on the head at rest.
 *
 * - `hide`: no hair is drawn.
 * - `tuck`: hair above the brim goes under the hat; below it hair keeps its shape and widens out from under the brim.
 * - `band`: hair is pressed down under a band and keeps its shape above and below.
 * - `patch`: hair is pressed down under a small cap and keeps its shape around it.
 */
export interface Mask {
	hair: 'hide' | 'tuck' | 'band' | 'patch';
	/** The brim's or the band's plane: its height where z is 0, and how much it rises per metre towards the front. */
	brim?: [height: number, slope: number];
	/** How far off the scalp hair may stand where it is pressed. */
	off?: number;
	/** Width of the band. */
	wide?: number;
	/** Hair behind this depth is under the cloth too, however low it hangs. */
	behind?: number;
	/** Where a patch sits: azimuth (0 the front, 90 the avatar's left), elevation, and its own half angle, in degrees. */
	spot?: [azimuth: number, elevation: number, half: number];
}

/** The head's skin round a centre, `extras.scalp` of the head: rows every 10 degrees from -60 up, columns every 15. */
export interface Scalp {
	centre: [number, number, number];
	radii_mm: number[][];
}

/** Hair may widen by this much per metre from the brim, the band or the patch: 4 cm away it stands off by five. */
const WIDENING = 1.25;

/** A head's radius, to turn angles into lengths. */
const HEAD_M = 0.105;

/** Hair this far above the brim is under the hat and not drawn at all. */
const UNDER = 0.035;

/** Hair rests where it is pressed; it is loose again this far from there. */
const LOOSE_AGAIN = 0.08;

/** What lies below this elevation as seen from the head's centre hangs free, fully so this much lower; degrees. */
const HANGS_DEG = -32;
const HANGS_FADE_DEG = 14;

/** A vertex loses its outline when it is moved by a twelfth: layers that are pressed flat have no edges. */
const OUTLINE_LOSS = 12;

/** Distance above the brim's plane at height `y` and depth `z`. */
function above(mask: Mask, y: number, z: number): number {
	const [height, slope] = mask.brim ?? [0, 0];
	return (y - height - slope * z) / Math.hypot(1, slope);
}

const DEGREES = 180 / Math.PI;
const LOWEST_ROW_DEG = -60;
const ROW_DEG = 10;
const COLUMN_DEG = 15;

/** The skin's distance from the centre towards an azimuth and an elevation in degrees, metres. */
function skin({ radii_mm: rows }: Scalp, azimuth: number, elevation: number): number {
	const up = Math.min(rows.length - 1.001, Math.max(0, (elevation - LOWEST_ROW_DEG) / ROW_DEG));
	const along = (((azimuth % 360) + 360) % 360) / COLUMN_DEG;
	const at = (r: number, c: number): number => rows[r]?.[c % (rows[r]?.length ?? 1)] ?? 100;
	const [r, c] = [Math.floor(up), Math.floor(along)];
	const [fr, fc] = [up - r, along - c];
	const low = at(r, c) * (1 - fc) + at(r, c + 1) * fc;
	const high = at(r + 1, c) * (1 - fc) + at(r + 1, c + 1) * fc;
	return (low * (1 - fr) + high * fr) / 1000;
}

/** Distance, along the scalp, outside of a patch; negative inside. */
function outside(mask: Mask, azimuth: number, elevation: number): number {
	const [spotAzimuth, spotElevation, half] = mask.spot ?? [0, 90, 0];
	const [a, e, b] = [(azimuth - spotAzimuth) / DEGREES, elevation / DEGREES, spotElevation / DEGREES];
	const toward = Math.sin(e) * Math.sin(b) + Math.cos(e) * Math.cos(b) * Math.cos(a);
	return ((Math.acos(Math.max(-1, Math.min(1, toward))) * DEGREES - half) / DEGREES) * HEAD_M;
}

/**
 * Press a vertex of hair under headwear.
 *
 * How much a vertex is pressed depends on where the skin is below it, so that all layers over one place move alike.
 *
 * @param mask What the headwear declares.
 * @param scalp The head's.
 * @param p Moved in place. What was outside stays outside.
 * @returns Shares of its looseness and of its outline that the vertex keeps, and whether it is out of sight.
 */
export function pressed(mask: Mask, scalp: Scalp, p: Vector3): { loose: number; outline: number; hidden: boolean } {
	if (mask.hair === 'hide') return { loose: 1, outline: 1, hidden: true };
	const [cx, cy, cz] = scalp.centre;
	const [x, y, z] = [p.x - cx, p.y - cy, p.z - cz];
	const away = Math.hypot(x, y, z);
	const [azimuth, elevation] = [Math.atan2(x, z) * DEGREES, Math.asin(y / away) * DEGREES];
	const radius = skin(scalp, azimuth, elevation);
	const over = away - radius;
	const off = Math.max(1e-4, mask.off ?? 0);
	const rise = above(mask, cy + (y / away) * radius, cz + (z / away) * radius);
	const hanging = Math.min(1, Math.max(0, (HANGS_DEG - elevation) / HANGS_FADE_DEG));
	const from =
		mask.hair === 'tuck'
			? -rise
			: mask.hair === 'band'
				? Math.abs(rise) - (mask.wide ?? 0) / 2
				: outside(mask, azimuth, elevation);
	const open = WIDENING * Math.max(0, from);
	const allowed = open + Math.max(0, over - open) * hanging * hanging; // over the skin, before it is packed
	const loose = Math.max(hanging, Math.min(1, Math.max(0, from) / LOOSE_AGAIN));
	const hidden = mask.hair === 'tuck' && (rise > UNDER || p.z < (mask.behind ?? Number.NEGATIVE_INFINITY));
	if (over <= allowed) return { loose, outline: 1, hidden };
	const packed = allowed + off * (1 - Math.exp(-(over - allowed) / off)); // in order, into the last `off`
	const scale = 1 + (packed - over) / away;
	p.set(cx + x * scale, cy + y * scale, cz + z * scale);
	return { loose, outline: Math.max(0, 1 - (1 - scale) * OUTLINE_LOSS), hidden };
}
