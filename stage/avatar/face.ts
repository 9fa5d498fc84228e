/**
 * The face's painting: brows, eyes, lashes, mouth, blush, drawn in the skin's own shader in metres on the face, so that they are as sharp
 * at every size as the picture allows. Shapes come from the parts (`services/renderer/parts/paint.py`), sizes from the morphs.
 */
import { Vector2, Vector3, Vector4 } from 'three';

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
	};
	brows: { thick: number; arch: number; slope: number; length: number };
	mouth: { width: number; full: number; bow: number };
	/** 0 none to 1: shadow of a shaved beard. */
	stubble: number;
	/** Height above the chin, metres, from which the fringe shades the forehead; 1 means nowhere. */
	fringe: number;
}

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

/** Uniforms of `FACE_SHADER`. */
export function faceUniforms(): Record<string, { value: unknown }> {
	return {
		eyeShape: { value: new Vector4() },
		eyeIris: { value: new Vector4() },
		eyePlace: { value: new Vector3() },
		eyeOpen: { value: new Vector4() },
		gaze: { value: new Vector2() },
		browShape: { value: new Vector4() },
		browPose: { value: new Vector3() },
		mouthShape: { value: new Vector4() },
		mouthPose: { value: new Vector4() },
		cheeks: { value: new Vector4() },
		irisColor: { value: new Vector3() },
		browColor: { value: new Vector3() },
		lipColor: { value: new Vector3() },
		lashColor: { value: new Vector3() },
		nose: { value: new Vector2() },
	};
}

/** The value of a uniform. @throws RangeError if there is none of that name: a slip of ours. */
export function uniform<T>(uniforms: Record<string, { value: unknown }>, name: string): T {
	const found = uniforms[name];
	if (!found) throw new RangeError(`there is no uniform ${name}`);
	return found.value as T;
}

/** Set the uniforms that do not change with time. */
export function paintFace(
	uniforms: Record<string, { value: unknown }>,
	paint: FacePaint,
	morphs: Record<string, number>,
): void {
	const m = (name: string): number => morphs[name] ?? 0;
	const { eyes, brows, mouth } = paint;
	const tall = 1 + 0.24 * m('eye_opening');
	const lower = -0.0035 * m('forehead_height');
	set4(uniforms, 'eyeShape', eyes.width / 2, eyes.height * tall, eyes.tilt + 0.13 * m('eye_tilt'), eyes.lower);
	set4(uniforms, 'eyeIris', eyes.iris * (1 + 0.1 * m('eye_opening')), eyes.lash, eyes.wing, eyes.crease);
	uniform<Vector3>(uniforms, 'eyePlace').set(0.0402 + 0.0036 * m('eye_spacing'), 0.0965 + lower, eyes.cover);
	set4(uniforms, 'browShape', brows.thick, brows.arch, brows.slope, brows.length / 2);
	uniform<Vector3>(uniforms, 'browPose').set(
		0.1385 + 0.0048 * m('brow_height') + lower,
		0,
		0.0402 + 0.0036 * m('eye_spacing'),
	);
	set4(
		uniforms,
		'mouthShape',
		mouth.width * (1 + 0.24 * m('lip_width')),
		mouth.full * (1 + 0.55 * m('lip_fullness')),
		mouth.bow,
		0.0345,
	);
	set4(uniforms, 'cheeks', 0, paint.stubble, paint.fringe, 1 + 0.4 * m('nose_width'));
	uniform<Vector2>(uniforms, 'nose').set(0.0555 - 0.005 * m('nose_length'), 0);
}

/** Set the uniforms of a moment. */
export function expressFace(uniforms: Record<string, { value: unknown }>, face: Expression, browY: number): void {
	set4(uniforms, 'eyeOpen', face.openRight, face.openLeft, face.smileEyes, face.love);
	uniform<Vector2>(uniforms, 'gaze').copy(face.gaze);
	const brow = uniform<Vector3>(uniforms, 'browPose');
	brow.x = browY + face.browRise;
	brow.y = face.browTilt;
	set4(uniforms, 'mouthPose', face.mouthWide, face.mouthOpen, face.mouthRound, face.mouthSmile);
	uniform<Vector4>(uniforms, 'cheeks').x = face.blush;
}

function set4(
	uniforms: Record<string, { value: unknown }>,
	name: string,
	...values: [number, number, number, number]
): void {
	uniform<Vector4>(uniforms, name).set(...values);
}

/** GLSL: `vec3 paintedFace(vec2 p, vec3 skin, vec3 dim, out float shine)`; `p` is x and height above the chin in metres. */
export const FACE_SHADER = /* glsl */ `
	uniform vec4 eyeShape;   // half width, height, tilt, share of the height below the middle
	uniform vec4 eyeIris;    // radius, lash weight, wing, crease
	uniform vec3 eyePlace;   // x, y, share of the iris under the lid
	uniform vec4 eyeOpen;    // the avatar's right, left, smiling, love
	uniform vec2 gaze;
	uniform vec4 browShape;  // half thickness, arch, slope, half length
	uniform vec3 browPose;   // y, tilt, x
	uniform vec4 mouthShape; // half width, fullness, bow, y
	uniform vec4 mouthPose;  // width, opening, rounding, smile
	uniform vec4 cheeks;     // blush, stubble, fringe, nose width
	uniform vec2 nose; // height above the chin
	uniform vec3 irisColor, browColor, lipColor, lashColor;

	float under(float distance, float soft) { return clamp(0.5 - distance / soft, 0.0, 1.0); }

	vec3 paintedEye(vec2 p, vec3 color, vec3 dim, float soft) {
		float side = p.x < 0.0 ? -1.0 : 1.0;
		vec2 q = vec2(p.x * side - eyePlace.x, p.y - eyePlace.y);
		float w = eyeShape.x, h = eyeShape.y;
		if (abs(q.x) > w * 1.7 || abs(q.y) > h * 1.35) return color;
		float tilt = eyeShape.z;
		q = vec2(q.x * cos(tilt) + q.y * sin(tilt), q.y * cos(tilt) - q.x * sin(tilt));
		float x = q.x / w;
		float open = side < 0.0 ? eyeOpen.x : eyeOpen.y;
		float joy = eyeOpen.z * (1.0 - smoothstep(0.25, 0.6, open));
		float bow = max(0.0, 1.0 - x * x);
		// The inner half of the upper lid climbs faster than the outer one falls.
		float skew = x - 0.12;
		float arch = pow(max(0.0, 1.0 - abs(pow(abs(skew), 2.5)) / pow(1.12, 2.5)), 0.62) * smoothstep(-1.02, -0.55, x);
		float lowArch = pow(bow, 0.55) * (0.80 + 0.20 * x);
		float top = h * (1.0 - eyeShape.w) * arch * 1.05;
		float bottom = -h * eyeShape.w * lowArch * 0.92;
		float shut = mix(-h * 0.22 * bow - h * 0.05, h * 0.20 * bow - h * 0.04, joy);
		float upper = mix(shut, top, open);
		float lower = mix(shut, bottom, open);
		float within = under(q.y - upper, soft) * under(lower - q.y, soft) * under(abs(x) - 1.0, soft / w);
		// White of the eye, shaded by the lid.
		vec3 white = mix(vec3(0.985, 0.98, 0.985), vec3(0.70, 0.69, 0.80), smoothstep(upper - h * 0.34, upper - h * 0.10, q.y) * 0.85);
		white = mix(white, vec3(0.80, 0.72, 0.74), smoothstep(0.62, 1.0, abs(x)) * 0.5);
		vec3 eye = white;
		// Iris.
		float r = eyeIris.x;
		vec2 look = vec2(gaze.x * side * 0.0042, gaze.y * 0.0034);
		vec2 c = vec2(-0.0006, mix(0.0, h * (1.0 - eyeShape.w) - r * (1.16 - eyePlace.z * 1.6), 0.85)) + look;
		vec2 i = (q - c) / vec2(r, r * 1.16);
		float d = length(i);
		float edge = soft / r;
		vec3 deep = irisColor * 0.34;
		vec3 bright = mix(irisColor, vec3(1.0, 0.97, 0.92), 0.22) * 1.18 + 0.06;
		float fall = clamp(0.52 - i.y * 0.62, 0.0, 1.0);
		vec3 iris = mix(deep, bright, fall * fall * (3.0 - 2.0 * fall));
		float rays = 0.5 + 0.5 * sin(atan(i.y, i.x) * 22.0);
		iris = mix(iris, iris * 1.25 + 0.03, rays * 0.30 * smoothstep(0.45, 0.8, d) * fall);
		iris = mix(iris, bright * 1.22 + 0.05, 0.75 * under(length((i - vec2(0.0, -0.60)) / vec2(0.62, 0.30)) - 1.0, 0.5));
		iris = mix(iris, deep * 0.45, under(length(i / vec2(0.44, 0.50)) - 1.0, edge * 3.0 + 0.06)); // pupil
		iris = mix(iris, deep * 0.55, smoothstep(0.80, 0.93, d) * 0.92); // limbal ring
		iris = mix(iris, deep * 0.6, smoothstep(upper - h * 0.30, upper - h * 0.06, q.y) * 0.80); // lid's shadow
		eye = mix(eye, iris, under(d - 1.0, edge));
		// Highlights sit on the same side in both eyes, towards the key light.
		vec2 s = vec2(i.x * side, i.y);
		float love = eyeOpen.w;
		float big = length((s - vec2(-0.34, 0.40)) / vec2(0.29, 0.27)) - 1.0;
		vec2 v = (s - vec2(-0.30, 0.34)) / 0.44;
		float heart = length(vec2(v.x, v.y * 1.1 - sqrt(abs(v.x)) * 0.62)) - 0.80;
		big = mix(big, heart, love);
		eye = mix(eye, mix(vec3(1.0), vec3(1.0, 0.72, 0.82), love), under(big, edge * 3.0));
		eye = mix(eye, vec3(1.0), 0.92 * under(length((s - vec2(0.36, -0.40)) / vec2(0.135, 0.125)) - 1.0, edge * 6.0));
		eye = mix(eye, vec3(1.0), 0.55 * under(length((s - vec2(0.10, -0.66)) / vec2(0.26, 0.075)) - 1.0, edge * 8.0));
		color = mix(color, eye, within * smoothstep(0.05, 0.14, open));
		// Crease above the lid.
		float crease = abs(q.y - (upper + h * (0.16 + 0.05 * open))) - 0.00038;
		color = mix(color, dim * 0.82, eyeIris.w * 0.8 * under(crease, soft) * smoothstep(-0.80, -0.45, x) * smoothstep(1.05, 0.75, x) * smoothstep(0.3, 0.7, open));
		// Upper lashes: a brush stroke, heavier outwards, with a wing and two points.
		float weight = eyeIris.y * h * mix(0.060, 0.130, smoothstep(-0.9, 0.75, x)) * mix(0.75, 1.0, open) + 0.0002;
		float reach = 1.0 + 0.20 * eyeIris.z;
		float tail = smoothstep(0.80, reach, x);
		float line = mix(upper, mix(upper, h * 0.12, 0.9), tail * open) + tail * h * 0.11 * eyeIris.z;
		float taper = smoothstep(-1.03, -0.62, x) * (1.0 - 0.86 * smoothstep(0.86, reach + 0.02, x));
		float stroke = abs(q.y - line - weight * 0.30) - weight * 0.72 * taper;
		float ends = under(x - reach, soft / w) * under(-1.02 - x, soft / w);
		float lash = under(stroke, soft) * ends * step(0.02, taper);
		float spike = max(abs((q.x - w * 0.72) - (q.y - line) * 0.75) - max(0.0, (h * 0.22 * eyeIris.z - (q.y - line)) * 0.14), line - q.y);
		lash = max(lash, under(spike, soft) * step(q.y, line + h * 0.22 * eyeIris.z) * 0.95);
		color = mix(color, mix(lashColor, lashColor * 1.6 + 0.03, smoothstep(0.5, 1.0, abs(x)) * 0.4), lash);
		// Lower lashes.
		float low = abs(q.y - lower + 0.0002) - (0.00024 + 0.0006 * smoothstep(0.35, 0.95, x));
		color = mix(color, mix(lashColor, dim, 0.42), under(low, soft) * smoothstep(0.02, 0.55, x) * smoothstep(1.02, 0.93, x) * smoothstep(0.12, 0.35, open));
		return color;
	}

	vec3 paintedBrow(vec2 p, vec3 color, float soft) {
		float side = p.x < 0.0 ? -1.0 : 1.0;
		float along = (p.x * side - browPose.z) / browShape.w;
		if (abs(along) > 1.15) return color;
		float slope = browShape.z - browPose.y;
		float y = browPose.x + slope * along * browShape.w + browShape.y * (1.0 - (along - 0.25) * (along - 0.25)) - browShape.y * 0.5;
		float thick = browShape.x * (1.0 - smoothstep(0.25, 1.12, along) * 0.88) * smoothstep(-1.10, -0.86, along);
		return mix(color, browColor, 0.93 * under(abs(p.y - y) - thick, soft) * step(0.00005, thick));
	}

	vec3 paintedMouth(vec2 p, vec3 color, vec3 dim, float soft) {
		float w = mouthShape.x * mouthPose.x * mix(1.0, 0.66, mouthPose.z);
		float x = p.x / w;
		if (abs(x) > 1.5) return color;
		float open = mouthPose.y;
		float bow = max(0.0, 1.0 - x * x);
		float corner = mouthPose.w * (x * x - 0.35);
		float y = p.y - mouthShape.w - corner;
		float cupid = mouthShape.z * 0.0009 * (exp(-pow((abs(x) - 0.26) * 5.0, 2.0)) - 1.2 * exp(-x * x * 40.0));
		float top = open * 0.36 * pow(bow, 0.60) + 0.00005;
		float bottom = -open * 0.64 * pow(bow, 0.50);
		float ends = under(abs(x) - 1.0, soft / w);
		// Tint of the lips.
		float full = mouthShape.y;
		float lipTop = top + (0.0024 + 0.0020 * full) * pow(bow, 0.8) + cupid * 1.4;
		float lipLow = bottom - (0.0026 + 0.0032 * full) * pow(bow, 0.65) * smoothstep(1.0, 0.55, abs(x));
		float lips = under(y - lipTop, soft + 0.0006) * under(lipLow - y, soft + 0.0008) * ends;
		color = mix(color, lipColor, lips * clamp(0.30 + 0.42 * full, 0.0, 0.92));
		float gleam = length((vec2(x, (y - bottom + 0.0030 + 0.0006 * full) / 0.0011)) / vec2(0.34, 1.0)) - 1.0;
		color = mix(color, mix(color, vec3(1.0), 0.55), under(gleam, 0.7) * full * 0.7);
		// The opening: tongue below, teeth above.
		float within = under(y - top, soft) * under(bottom - y, soft) * ends * smoothstep(0.0004, 0.0016, open);
		vec3 inside = mix(vec3(0.36, 0.08, 0.11), vec3(0.52, 0.14, 0.17), smoothstep(top, bottom, y));
		float tongue = length(vec2(x / 0.72, (y - bottom) / (open * 0.42 + 0.0004))) - 1.0;
		inside = mix(inside, vec3(0.88, 0.42, 0.44), under(tongue, 0.25));
		float teeth = (top - y) - open * 0.20 * (1.0 - mouthPose.z * 0.8) - 0.0006;
		inside = mix(inside, vec3(0.98, 0.97, 0.97), under(teeth, soft) * under(abs(x) - 0.80, 0.1) * smoothstep(0.003, 0.006, open) * (1.0 - mouthPose.z * 0.7));
		color = mix(color, inside, within);
		// The line, drawn like a brush: firm in the corners and above.
		vec3 ink = mix(lipColor * 0.34, dim * 0.30, 0.35);
		float closed = 1.0 - smoothstep(0.0008, 0.0026, open);
		float line = abs(y - top - cupid * closed) - (0.00042 + 0.00030 * x * x * closed) * under(abs(x) - 1.04, 0.06);
		color = mix(color, ink, under(line, soft) * under(abs(x) - 1.05, soft / w) * 0.95);
		float rim = abs(y - bottom) - 0.00034 * under(abs(x) - 0.98, 0.05);
		color = mix(color, ink, under(rim, soft) * ends * (1.0 - closed) * 0.85);
		float below = length(vec2(x / 0.42, (y - lipLow + 0.0016) / 0.0011)) - 1.0;
		return mix(color, mix(color, dim, 0.75), under(below, 0.8) * 0.65);
	}

	vec3 paintedFace(vec2 p, vec3 skin, vec3 dim, vec3 hair) {
		float soft = max(fwidth(p.y) + fwidth(p.x), 0.00012) * 0.9;
		vec3 color = skin;
		if (abs(p.x) > 0.1) return color;
		// Blush: a soft oval with three strokes.
		vec2 b = vec2(abs(p.x) - 0.052, p.y - 0.062);
		float glow = exp(-dot(b / vec2(0.019, 0.0105), b / vec2(0.019, 0.0105)));
		color = mix(color, mix(color, vec3(0.96, 0.36, 0.38), 0.62), glow * clamp(cheeks.x, 0.0, 1.2) * 0.75);
		float strokes = abs(fract((b.x - b.y * 0.45) / 0.0052) - 0.5) * 0.0052 - 0.00045;
		color = mix(color, mix(skin, vec3(0.86, 0.20, 0.26), 0.7), under(strokes, soft) * smoothstep(0.012, 0.010, abs(b.x)) * smoothstep(0.0058, 0.0040, abs(b.y)) * smoothstep(0.55, 0.9, cheeks.x));
		// Stubble.
		float jaw = smoothstep(0.060, 0.030, p.y + 0.25 * max(0.0, 0.03 - abs(p.x))) * smoothstep(0.030, 0.036, abs(p.x) + max(0.0, 0.040 - p.y) * 2.0);
		float lip = smoothstep(0.0035, 0.006, p.y - 0.0385) * smoothstep(0.058, 0.050, p.y) * smoothstep(0.034, 0.024, abs(p.x));
		color = mix(color, mix(color, hair * 0.7 + dim * 0.25, 0.42), max(jaw, lip) * cheeks.y);
		// Nose: a touch of shadow below and beside the tip, and one light.
		vec2 n = vec2(p.x, p.y - nose.x);
		float tip = length((n - vec2(0.0, -0.0062)) / vec2(0.0062 * cheeks.w, 0.0017)) - 1.0;
		color = mix(color, mix(color, dim, 0.92), under(tip, 0.55) * 0.9);
		float nostril = length((vec2(abs(n.x), n.y) - vec2(0.0040 * cheeks.w, -0.0062)) / vec2(0.0016, 0.00085)) - 1.0;
		color = mix(color, dim * 0.62, under(nostril, 0.6) * 0.55);
		color = mix(color, mix(color, vec3(1.0), 0.45), under(length((n - vec2(-0.0012, 0.0012)) / vec2(0.0019, 0.0030)) - 1.0, 0.5));
		color = paintedMouth(p, color, dim, soft);
		color = paintedEye(p, color, dim, soft);
		color = paintedBrow(p, color, soft);
		return color;
	}`;
