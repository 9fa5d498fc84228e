/**
 * The face's painting in numbers: brows, eyes, lashes, mouth, nose, marks and make-up, drawn in the skin's own shader (`face-paint.ts`) in
 * metres on the face, so that they are as sharp at every size as the picture allows. Shapes come from the parts
 * (`services/renderer/parts/paint.py`), sizes from the morphs, and both are kept within what a face can hold.
 */
import { Box2, Vector2, Vector3, Vector4 } from 'three';

/** Numbers of the painted parts, as their glTF nodes carry them in `extras.paint`. */
export interface FacePaint {
	eyes: {
		width: number;
		height: number;
		tilt: number;
		lower: number;
		crease: number;
		cover: number;
		iris: number;
		lash: number;
		wing: number;
		gap: number;
		flat: number;
		droop: number;
		taper: number;
		depth: number;
		fold: number;
		lower_lash: number;
		hood: number;
	};
	brows: {
		thick: number;
		arch: number;
		slope: number;
		length: number;
		peak: number;
		tail: number;
		slit: number;
		feather: number;
		inner: number;
	};
	mouth: {
		width: number;
		upper: number;
		lower: number;
		bow: number;
		corner: number;
		line: number;
		gloss: number;
	};
	nose: { width: number; drop: number; nostrils: number; side: number; gleam: number };
	/** 0 none to 1: shadow of a shaved beard. */
	stubble: number;
	/** Height above the chin, metres, of the lowest hair or brim over the forehead, per column; 1 means none. */
	fringe: readonly number[];
	marks?: {
		freckles?: [number, number];
		vitiligo?: boolean;
		moles?: [number, number, number][];
		scar?: [number, number, number, number];
	};
	makeup?: { shadow: number; liner: number; blush: number; lips: number };
}

/** Columns of a fringe's profile, 5 mm apart about the middle; `COLUMNS` of `services/renderer/parts/contact.py`. */
export const FRINGE_COLUMNS = 29;

/** What the face does at a moment. */
export interface Expression {
	/** 0 shut to 1 open, per eye: the avatar's right (seen left) and left. */
	openRight: number;
	openLeft: number;
	/** 0 to 1: shut eyes curve upwards in joy. */
	smileEyes: number;
	/** Metres the brows rise, and radians their inner ends do. */
	browRise: number;
	browTilt: number;
	/** Mouth: half-width factor, metres of opening, 0 to 1 of rounding, metres the corners rise. */
	mouthWide: number;
	mouthOpen: number;
	mouthRound: number;
	mouthSmile: number;
	/** 0 to 1. */
	blush: number;
	/** Where the eyes look: -1 to 1 to the viewer's right and up. */
	gaze: Vector2;
	/** 0 to 1: hearts in the eyes' highlights. */
	love: number;
}

/** What must hold for every part and morph together, metres: checked in `tests/avatar/face.test.ts` over all corners. */
export const FACE_LIMITS = {
	/** Of the skin between the eyes' inner corners. */
	betweenEyes: 0.016,
	/** From the middle to an eye's outer corner, where the face turns away. */
	outerCorner: 0.0735,
	/** An eye's height as a share of its width: a rounder one stares. */
	roundestEye: 0.94,
	/** Of the skin between the upper lid and the brow's lower edge. */
	belowBrow: 0.0035,
	/** Of the skin between the nose's shadow and the upper lip. */
	belowNose: 0.0006,
} as const;

/** Height of the mouth's line above the chin, and how far below the nose's tip its shadow reaches; metres. */
const MOUTH_Y = 0.0345;
const NOSE_SHADOW = 0.0079;

/** Uniforms of `FACE_SHADER`. */
export function faceUniforms(): Record<string, { value: unknown }> {
	return {
		eyeShape: { value: new Vector4() },
		eyeIris: { value: new Vector4() },
		eyePlace: { value: new Vector3() },
		eyeLid: { value: new Vector4() },
		eyeMood: { value: new Vector4() },
		eyeOpen: { value: new Vector4() },
		gaze: { value: new Vector2() },
		browShape: { value: new Vector4() },
		browStyle: { value: new Vector4() },
		browPose: { value: new Vector3() },
		mouthShape: { value: new Vector4() },
		mouthStyle: { value: new Vector4() },
		mouthPose: { value: new Vector4() },
		cheeks: { value: new Vector3() },
		fringe: { value: Array.from({ length: FRINGE_COLUMNS }, () => 1) },
		irisColor: { value: new Vector3() },
		irisLeftColor: { value: new Vector3() },
		browColor: { value: new Vector3() },
		lipColor: { value: new Vector3() },
		lashColor: { value: new Vector3() },
		nose: { value: new Vector4() },
		keySide: { value: -0.6 },
		freckles: { value: new Vector2() },
		moles: { value: [0, 1, 2, 3].map(() => new Vector3()) },
		scar: { value: new Vector4() },
		makeup: { value: new Vector4() },
		shadowColor: { value: new Vector3() },
	};
}

/** What the shader of this face is compiled with: only what the face has. */
export function faceDefines({ marks, makeup }: FacePaint): Record<string, string> {
	const wanted = {
		FRECKLES: marks?.freckles,
		VITILIGO: marks?.vitiligo,
		MOLES: marks?.moles,
		SCAR: marks?.scar,
		MAKEUP: makeup,
	};
	return Object.fromEntries(
		Object.entries(wanted)
			.filter(([, has]) => has)
			.map(([name]) => [name, '']),
	);
}

/** The value of a uniform. @throws RangeError if there is none of that name: a slip of ours. */
export function uniform<T>(uniforms: Record<string, { value: unknown }>, name: string): T {
	const found = uniforms[name];
	if (!found) throw new RangeError(`there is no uniform ${name}`);
	return found.value as T;
}

/** Sizes and places of eyes and brows, metres and radians. */
export interface Features {
	eye: { x: number; y: number; halfWidth: number; height: number; tilt: number; iris: number };
	brow: { x: number; y: number; halfThick: number; halfLength: number };
	mouth: { halfWidth: number; upper: number; lower: number };
	noseTip: number;
}

/** Where parts and morphs put the features, kept within `FACE_LIMITS`. */
export function featuresOf({ eyes, brows, mouth, nose }: FacePaint, morphs: Record<string, number>): Features {
	const m = (name: string): number => morphs[name] ?? 0;
	const lower = -0.0035 * m('forehead_height');
	const halfWidth = eyes.width / 2;
	const height = Math.min(eyes.height * (1 + 0.24 * m('eye_opening')), FACE_LIMITS.roundestEye * eyes.width);
	const tilt = Math.max(-0.22, Math.min(0.3, eyes.tilt + 0.13 * m('eye_tilt')));
	const nearest = halfWidth + FACE_LIMITS.betweenEyes / 2;
	const farthest = FACE_LIMITS.outerCorner - halfWidth;
	const x = Math.min(Math.max(0.0402 + 0.0036 * m('eye_spacing'), nearest), farthest);
	const y = 0.0965 + lower;
	const lid = y + height * (1 - eyes.lower) * 1.05;
	const lowest = lid + FACE_LIMITS.belowBrow + brows.thick;
	const upper = mouth.upper * (1 + 0.55 * m('lip_fullness'));
	const lipEdge = MOUTH_Y + 0.0024 + 0.002 * upper;
	return {
		eye: { x, y, halfWidth, height, tilt, iris: eyes.iris * (1 + 0.1 * m('eye_opening')) },
		brow: {
			x,
			y: Math.max(0.1385 + 0.0048 * m('brow_height') + lower, lowest),
			halfThick: brows.thick,
			halfLength: brows.length / 2,
		},
		mouth: {
			halfWidth: mouth.width * (1 + 0.24 * m('lip_width')),
			upper,
			lower: mouth.lower * (1 + 0.55 * m('lip_fullness')),
		},
		noseTip: Math.max(0.0555 - 0.005 * m('nose_length') + nose.drop, lipEdge + NOSE_SHADOW + FACE_LIMITS.belowNose),
	};
}

/** Place in the list of a face's shaders: with everything, without the lower half, without the upper half, with neither. */
export const ZONES = [{}, { BARE_BELOW: '' }, { BARE_ABOVE: '' }, { BARE_ABOVE: '', BARE_BELOW: '' }] as const;

/** The widest that mouths sing and smile, and the furthest that brows rise and tilt, with room for a soft edge; metres. */
const WIDEST_MOUTH = 1.35;
const BROW_RISE = 0.009;
const BROW_TILT = 0.17;
const SOFT_M = 0.003;

/**
 * Which of `ZONES` a part of the face needs, whatever its expression: eyes and brows, nose and mouth, both or neither.
 *
 * @returns A function of the part's corners, each x and height above the chin in metres.
 */
export function zonesOf(paint: FacePaint, morphs: Record<string, number>): (corners: readonly Vector2[]) => number {
	const { eye, brow, mouth, noseTip } = featuresOf(paint, morphs);
	const { arch, slope, inner } = paint.brows;
	const box = (x: number, y: number, halfWidth: number, below: number, above = below): Box2 =>
		new Box2(new Vector2(x - halfWidth, y - below), new Vector2(x + halfWidth, y + above)).expandByScalar(SOFT_M);
	const lean = 1.12 * brow.halfLength * (Math.abs(slope) + BROW_TILT) + 2 * Math.abs(arch) + brow.halfThick;
	const upper = [
		box(eye.x, eye.y, 1.7 * eye.halfWidth, 1.35 * eye.height),
		box(brow.x - inner, brow.y, 1.2 * brow.halfLength, lean, lean + BROW_RISE),
	];
	const lower = [
		box(0, MOUTH_Y, 1.5 * WIDEST_MOUTH * mouth.halfWidth, 0.026, 0.018),
		box(0, noseTip, 0.014, 0.009, 0.021),
	];
	return (corners) => {
		const right = new Box2().setFromPoints([...corners]);
		// Both halves of a face are alike: the box to the other side of the middle is looked at too.
		const left = new Box2(new Vector2(-right.max.x, right.min.y), new Vector2(-right.min.x, right.max.y));
		const meets = (boxes: readonly Box2[]): boolean =>
			boxes.some((one) => one.intersectsBox(right) || one.intersectsBox(left));
		return (meets(upper) ? 0 : 2) + (meets(lower) ? 0 : 1);
	};
}

/** Set the uniforms that do not change with time. */
export function paintFace(
	uniforms: Record<string, { value: unknown }>,
	paint: FacePaint,
	morphs: Record<string, number>,
	amount = 1,
): void {
	const { eyes, brows, mouth, nose, marks, makeup } = paint;
	const at = featuresOf(paint, morphs);
	set4(uniforms, 'eyeShape', at.eye.halfWidth, at.eye.height, at.eye.tilt, eyes.lower);
	set4(uniforms, 'eyeIris', at.eye.iris, eyes.lash, eyes.wing, eyes.crease);
	uniform<Vector3>(uniforms, 'eyePlace').set(at.eye.x, at.eye.y, eyes.cover);
	set4(uniforms, 'eyeLid', eyes.gap, eyes.flat, eyes.droop, eyes.taper);
	set4(uniforms, 'eyeMood', eyes.depth, eyes.fold, eyes.lower_lash, eyes.hood);
	set4(uniforms, 'browShape', at.brow.halfThick, brows.arch, brows.slope, at.brow.halfLength);
	set4(uniforms, 'browStyle', brows.peak, brows.tail, brows.slit, brows.feather);
	uniform<Vector3>(uniforms, 'browPose').set(at.brow.y, 0, at.brow.x - brows.inner);
	set4(uniforms, 'mouthShape', at.mouth.halfWidth, at.mouth.upper, at.mouth.lower, MOUTH_Y);
	set4(uniforms, 'mouthStyle', mouth.bow, mouth.corner, mouth.line, mouth.gloss);
	uniform<Vector3>(uniforms, 'cheeks').set(0, paint.stubble, nose.width * (1 + 0.4 * (morphs.nose_width ?? 0)));
	(uniforms.fringe as { value: number[] }).value = [...paint.fringe];
	set4(uniforms, 'nose', at.noseTip, nose.nostrils, nose.side, nose.gleam);
	uniform<Vector2>(uniforms, 'freckles').set(...(marks?.freckles ?? [0, 1]));
	uniform<Vector3[]>(uniforms, 'moles').forEach((mole, k) => {
		mole.set(...(marks?.moles?.[k] ?? [0, 0, 0]));
	});
	set4(uniforms, 'scar', ...(marks?.scar ?? [0, 0, 0, 1]));
	const { shadow = 0, liner = 0, blush = 0, lips = 0 } = makeup ?? {};
	set4(uniforms, 'makeup', shadow * amount, liner * amount, blush * amount, lips * amount);
}

/** Set the uniforms of a moment. */
export function expressFace(uniforms: Record<string, { value: unknown }>, face: Expression, browY: number): void {
	set4(uniforms, 'eyeOpen', face.openRight, face.openLeft, face.smileEyes, face.love);
	uniform<Vector2>(uniforms, 'gaze').copy(face.gaze);
	const brow = uniform<Vector3>(uniforms, 'browPose');
	brow.x = browY + face.browRise;
	brow.y = face.browTilt;
	set4(uniforms, 'mouthPose', face.mouthWide, face.mouthOpen, face.mouthRound, face.mouthSmile);
	uniform<Vector3>(uniforms, 'cheeks').x = face.blush;
}

function set4(
	uniforms: Record<string, { value: unknown }>,
	name: string,
	...values: [number, number, number, number]
): void {
	uniform<Vector4>(uniforms, name).set(...values);
}
