/**
 * GLSL of the painted face: `vec3 paintedFace(vec2 p, vec3 skin, vec3 dim, vec3 beard)`, where `p` is x and height above the chin in metres.
 * Freckles, vitiligo, moles, scars and make-up are compiled in only for faces that have them: software GL pays for every branch. Nor do
 * parts of the face pay for eyes or mouths that are elsewhere: `BARE_ABOVE` and `BARE_BELOW` leave them out.
 */

import { FRINGE_COLUMNS } from './face.js';

const UNIFORMS = /* glsl */ `
	uniform vec4 eyeShape;   // half width, height, tilt, share of the height below the middle
	uniform vec4 eyeIris;    // radius, lash weight, wing, crease
	uniform vec3 eyePlace;   // x, y, share of the iris under the lid
	uniform vec4 eyeLid;     // gap of the crease in heights, flatness, droop of the outer corner, how far the crease tapers inwards
	uniform vec4 eyeMood;    // depth of the socket, fold below, lower lashes, hood
	uniform vec4 eyeOpen;    // the avatar's right, left, smiling, love
	uniform vec2 gaze;
	uniform vec4 browShape;  // half thickness, arch, slope, half length
	uniform vec4 browStyle;  // place of the arch's peak, how much the tail thins, slit, feathering
	uniform vec3 browPose;   // y, tilt, x
	uniform vec4 mouthShape; // half width, fullness of the upper and of the lower lip, y
	uniform vec4 mouthStyle; // bow, how the corners lie, weight of the line, gloss
	uniform vec4 mouthPose;  // width, opening, rounding, smile
	uniform vec3 cheeks;     // blush, stubble, nose width
	uniform float fringe[${FRINGE_COLUMNS}]; // height of the hair's lower edge per column of 5 mm, from the viewer's left
	uniform vec4 nose;       // height of the tip above the chin, nostrils, side, gleam
	uniform float keySide;   // where the key light comes from: -1 the viewer's left to 1
	uniform vec3 irisColor, irisLeftColor, browColor, lipColor, lashColor;

	/** 0 to 1: how far hair over the forehead shades a place; its shadow falls down and away from the key light. */
	float fringed(vec2 p) {
		float at = clamp((p.x + keySide * 0.0025) / 0.005 + ${(FRINGE_COLUMNS - 1) / 2}.0, 0.0, ${FRINGE_COLUMNS - 1}.0 - 0.001);
		float edge = mix(fringe[int(at)], fringe[int(at) + 1], fract(at)) - 0.0065;
		return smoothstep(edge - 0.0008, edge + 0.0008, p.y) * step(abs(p.x), 0.11);
	}

	float under(float distance, float soft) { return clamp(0.5 - distance / soft, 0.0, 1.0); }
`;

const MARKS = /* glsl */ `
	#if defined(FRECKLES) || defined(VITILIGO)
		vec2 dice(vec2 cell) { return fract(sin(vec2(dot(cell, vec2(127.1, 311.7)), dot(cell, vec2(269.5, 183.3)))) * 43758.547); }
	#endif
	#ifdef FRECKLES
		uniform vec2 freckles; // density, spread
		vec3 freckled(vec2 p, vec3 color, vec3 dim, float soft) {
			vec2 at = p / 0.0036;
			vec2 odds = dice(floor(at));
			float where = exp(-pow((abs(p.x) - 0.026) / (0.020 * freckles.y), 2.0) - pow((p.y - 0.071) / (0.0085 * freckles.y), 2.0));
			where = max(where, 0.8 * exp(-pow(p.x / 0.014, 2.0) - pow((p.y - 0.078) / 0.010, 2.0)));
			float size = mix(0.00035, 0.00085, odds.x) * step(odds.y, where * freckles.x);
			float spot = length(p - (floor(at) + 0.25 + 0.5 * dice(floor(at) + 7.0)) * 0.0036) - size;
			return mix(color, mix(color, dim * vec3(0.92, 0.80, 0.72), 0.62), under(spot, soft + 0.0003) * step(0.0001, size));
		}
	#endif
	#ifdef VITILIGO
		float cloud(vec2 at) {
			vec2 i = floor(at), f = fract(at);
			f = f * f * (3.0 - 2.0 * f);
			return mix(mix(dice(i).x, dice(i + vec2(1, 0)).x, f.x), mix(dice(i + vec2(0, 1)).x, dice(i + vec2(1, 1)).x, f.x), f.y);
		}
		vec3 patched(vec2 p, vec3 color, float soft) {
			float about = cloud(p / 0.021 + 3.0) * 0.78 + cloud(p / 0.0070) * 0.22;
			vec2 eye = vec2(abs(p.x) - eyePlace.x, p.y - eyePlace.y);
			float near = exp(-dot(eye, eye) / 0.0014) * 0.34 + exp(-dot(p - vec2(0.004, 0.030), p - vec2(0.004, 0.030)) / 0.0009) * 0.30;
			float patches = under(0.70 - near - about, soft / 0.010);
			vec3 pale = mix(vec3(0.96, 0.83, 0.75), color, 0.30);
			return mix(color, pale, patches * 0.92);
		}
	#endif
	#ifdef MOLES
		uniform vec3 moles[4]; // place, radius
	#endif
	#ifdef SCAR
		uniform vec4 scar; // from, to
	#endif
	vec3 marked(vec2 p, vec3 color, vec3 dim, float soft) {
		#ifdef VITILIGO
			color = patched(p, color, soft);
		#endif
		#ifdef FRECKLES
			color = freckled(p, color, dim, soft);
		#endif
		#ifdef MOLES
			for (int k = 0; k < 4; k++) color = mix(color, dim * 0.42, under(length(p - moles[k].xy) - moles[k].z, soft) * step(0.00001, moles[k].z));
		#endif
		#ifdef SCAR
			vec2 way = scar.zw - scar.xy;
			float along = clamp(dot(p - scar.xy, way) / dot(way, way), 0.0, 1.0);
			float off = length(p - scar.xy - way * along) - 0.00075 * sin(3.1416 * clamp(along, 0.08, 0.92));
			color = mix(color, mix(mix(color, vec3(1.0, 0.80, 0.76), 0.45), dim, 0.25), under(off, soft));
		#endif
		return color;
	}
`;

const EYE = /* glsl */ `
	#ifdef MAKEUP
		uniform vec4 makeup; // eye shadow, liner, blush, lips
		uniform vec3 shadowColor;
	#endif

	vec3 paintedEye(vec2 p, vec3 color, vec3 dim, float soft) {
		float side = p.x < 0.0 ? -1.0 : 1.0;
		vec2 q = vec2(p.x * side - eyePlace.x, p.y - eyePlace.y);
		float w = eyeShape.x, h = eyeShape.y;
		if (abs(q.x) > w * 1.7 || abs(q.y) > h * 1.35) return color;
		float tilt = eyeShape.z;
		q = vec2(q.x * cos(tilt) + q.y * sin(tilt), q.y * cos(tilt) - q.x * sin(tilt));
		float x = q.x / w;
		float open = side < 0.0 ? eyeOpen.x : eyeOpen.y;
		vec3 own = side < 0.0 ? irisColor : irisLeftColor;
		float joy = eyeOpen.z * (1.0 - smoothstep(0.25, 0.6, open));
		float bow = max(0.0, 1.0 - x * x);
		float outer = smoothstep(-0.1, 1.0, x);
		// The inner half of the upper lid climbs faster than the outer one falls.
		float skew = x - 0.12;
		float arch = pow(max(0.0, 1.0 - abs(pow(abs(skew), 2.5)) / pow(1.12, 2.5)), 0.62 - 0.24 * eyeLid.y) * smoothstep(-1.02, -0.55, x);
		float lowArch = pow(bow, 0.55) * (0.80 + 0.20 * x);
		float top = h * (1.0 - eyeShape.w) * arch * 1.05 - h * outer * (eyeLid.z * 0.30 * outer + eyeMood.w * 0.12);
		float bottom = -h * eyeShape.w * lowArch * 0.92 - h * eyeLid.z * 0.12 * outer * outer;
		float shut = mix(-h * 0.22 * bow - h * 0.05, h * 0.20 * bow - h * 0.04, joy);
		float upper = mix(shut, top, open);
		float lower = mix(shut, bottom, open);
		#ifdef MAKEUP
			// Shadow over the lid, thinning out towards the brow and the temple.
			float lid = (q.y - upper) / h;
			float veil = smoothstep(0.62, 0.10, lid) * smoothstep(-0.10, 0.06, lid) * smoothstep(1.45, 0.85, abs(x - 0.12));
			color = mix(color, mix(shadowColor, dim * shadowColor, 0.30), veil * makeup.x * (0.45 + 0.4 * outer));
		#endif
		// A deep socket, and the small fold that a smile makes below.
		float socket = exp(-pow((q.y - upper - h * 0.30) / (h * 0.20), 2.0)) * smoothstep(1.3, 0.2, abs(x + 0.25));
		color = mix(color, dim, eyeMood.x * 0.75 * socket);
		float fold = q.y - lower + h * 0.155;
		color = mix(color, min(color * 1.05 + 0.02, vec3(1.0)), eyeMood.y * 0.8 * exp(-pow((fold - h * 0.05) / (h * 0.055), 2.0)) * bow * open);
		color = mix(color, dim, eyeMood.y * 0.55 * under(abs(fold + h * 0.02 * bow) - 0.00030, soft) * bow * bow * open);
		float within = under(q.y - upper, soft) * under(lower - q.y, soft) * under(abs(x) - 1.0, soft / w);
		// White of the eye: the lid throws a firm shadow on it, its corners are warm.
		vec3 white = mix(vec3(0.99, 0.98, 0.985), vec3(0.68, 0.66, 0.80), smoothstep(upper - h * 0.25, upper - h * 0.20, q.y) * 0.85);
		white = mix(white, vec3(0.88, 0.73, 0.73), smoothstep(0.80, 1.0, abs(x)) * 0.6);
		vec3 eye = white;
		// Iris: dark above, lit from below, a ring round it.
		float r = eyeIris.x;
		vec2 look = vec2(gaze.x * side * 0.0042, gaze.y * 0.0034);
		vec2 c = vec2(-0.0006, mix(0.0, h * (1.0 - eyeShape.w) - r * (1.16 - eyePlace.z * 1.6), 0.85)) + look;
		vec2 i = (q - c) / vec2(r, r * 1.16);
		float d = length(i);
		float edge = soft / r;
		float grey = dot(own, vec3(0.3, 0.59, 0.11));
		vec3 rich = clamp(mix(vec3(grey), own, 1.28), 0.0, 1.0);
		vec3 deep = rich * 0.40 + vec3(0.012, 0.0, 0.02);
		vec3 bright = rich * 1.12 + 0.10 + 0.10 * (1.0 - grey);
		float fall = clamp(0.50 - i.y * 0.66, 0.0, 1.0);
		vec3 iris = mix(deep, bright, fall * fall * (3.0 - 2.0 * fall));
		float turn = atan(i.y, i.x);
		float rays = 0.5 + 0.5 * sin(turn * 26.0 + 3.0 * sin(turn * 5.0));
		iris = mix(iris, iris * 1.30 + 0.04, rays * 0.34 * smoothstep(0.42, 0.80, d) * fall);
		float glow = length((i - vec2(0.0, -0.56)) / vec2(0.66, 0.36)) - 1.0;
		iris = mix(iris, bright * 1.16 + vec3(0.07, 0.05, 0.03), 0.85 * under(glow, 0.42));
		iris = mix(iris, deep * 0.32, under(length((i - vec2(0.0, 0.04)) / vec2(0.31, 0.39)) - 1.0, edge * 3.0 + 0.10)); // pupil
		iris = mix(iris, deep * 0.50, smoothstep(0.82, 0.94, d) * 0.95); // ring
		iris = mix(iris, deep * 0.50, smoothstep(upper - h * 0.28, upper - h * 0.16, q.y) * 0.85); // lid's shadow
		eye = mix(eye, iris, under(d - 1.0, edge));
		// Highlights sit on the same side in both eyes, towards the key light.
		vec2 s = vec2(i.x * side, i.y);
		float love = eyeOpen.w;
		float big = length((s - vec2(-0.33, 0.40)) / vec2(0.27, 0.25)) - 1.0;
		vec2 v = (s - vec2(-0.30, 0.34)) / 0.44;
		float heart = length(vec2(v.x, v.y * 1.1 - sqrt(abs(v.x)) * 0.62)) - 0.80;
		big = mix(big, heart, love);
		eye = mix(eye, mix(vec3(1.0), vec3(1.0, 0.72, 0.82), love), under(big, edge * 2.4));
		eye = mix(eye, vec3(1.0), 0.95 * under(length((s - vec2(0.38, -0.38)) / vec2(0.125, 0.115)) - 1.0, edge * 5.0));
		eye = mix(eye, mix(bright, vec3(1.0), 0.6), 0.75 * under(length((s - vec2(0.06, -0.68)) / vec2(0.30, 0.085)) - 1.0, edge * 6.0));
		color = mix(color, eye, within * smoothstep(0.05, 0.14, open));
		// Crease above the lid; it may run into the lid at the inner corner.
		float gap = eyeLid.x * mix(1.0, smoothstep(-1.05, 0.35, x), eyeLid.w) * (0.75 + 0.25 * open) * (1.0 - 0.55 * eyeMood.w * outer);
		float crease = abs(q.y - (upper + h * gap)) - 0.00040 * (0.7 + 0.5 * outer);
		color = mix(color, dim * 0.78, eyeIris.w * 0.85 * under(crease, soft) * smoothstep(-0.86, -0.50, x) * smoothstep(1.10, 0.82, x) * smoothstep(0.3, 0.7, open));
		// Upper lashes: a brush stroke, heavier outwards, with a wing and two points.
		float heavy = eyeIris.y;
		float wing = eyeIris.z;
		#ifdef MAKEUP
			heavy *= 1.0 + 0.42 * makeup.y;
			wing += 0.55 * makeup.y;
		#endif
		float weight = heavy * h * mix(0.060, 0.130, smoothstep(-0.9, 0.75, x)) * mix(0.75, 1.0, open) + 0.0002;
		float reach = 1.0 + 0.20 * wing;
		float tail = smoothstep(0.80, reach, x);
		float line = mix(upper, mix(upper, h * 0.12, 0.9), tail * open) + tail * h * 0.11 * (wing - 2.0 * eyeLid.z);
		float taper = smoothstep(-1.03, -0.62, x) * (1.0 - 0.86 * smoothstep(0.86, reach + 0.02, x));
		float stroke = abs(q.y - line - weight * 0.30) - weight * 0.72 * taper;
		float ends = under(x - reach, soft / w) * under(-1.02 - x, soft / w);
		float lash = under(stroke, soft) * ends * step(0.02, taper);
		float rise = q.y - line;
		float spike = max(abs((q.x - w * 0.72) - rise * 0.75) - max(0.0, (h * 0.22 * wing - rise) * 0.14), -rise);
		float second = max(abs((q.x - w * 0.42) - rise * 0.45) - max(0.0, (h * 0.15 * wing - rise) * 0.12), -rise);
		lash = max(lash, under(spike, soft) * step(rise, h * 0.22 * wing) * 0.95);
		lash = max(lash, under(second, soft) * step(rise, h * 0.15 * wing) * 0.85 * step(0.75, wing));
		vec3 ink = mix(lashColor, lashColor * 1.5 + vec3(0.07, 0.02, 0.015), smoothstep(0.45, 1.05, abs(x)) * 0.6);
		color = mix(color, ink, lash);
		// Lower lashes.
		float low = abs(q.y - lower + 0.0002) - (0.00022 + 0.0006 * smoothstep(0.35, 0.95, x)) * (0.6 + 0.4 * eyeMood.z);
		color = mix(color, mix(lashColor, dim, 0.35), under(low, soft) * smoothstep(-0.35, 0.55, x) * smoothstep(1.02, 0.93, x) * smoothstep(0.12, 0.35, open));
		float drop = lower - q.y;
		float point = max(abs(q.x - w * 0.66 - drop * 0.5) - max(0.0, (h * 0.10 - drop) * 0.16), -drop);
		return mix(color, ink, under(point, soft) * step(drop, h * 0.10) * clamp(eyeMood.z - 1.0, 0.0, 1.0) * smoothstep(0.4, 0.7, open));
	}
`;

const BROW = /* glsl */ `
	vec3 paintedBrow(vec2 p, vec3 color, float soft) {
		float side = p.x < 0.0 ? -1.0 : 1.0;
		float along = (p.x * side - browPose.z) / browShape.w;
		if (abs(along) > 1.6) return color;
		float slope = browShape.z - browPose.y;
		float bend = along - browStyle.x;
		float y = browPose.x + slope * along * browShape.w + browShape.y * (1.0 - bend * bend) - browShape.y * 0.5;
		float thick = browShape.x * (1.0 - smoothstep(browStyle.x, 1.12, along) * browStyle.y) * smoothstep(-1.10, -0.86, along) * step(along, 1.12);
		// Hairs stand up at the inner end and lie down at the tail.
		float hairs = abs(fract((along * 7.0 - (p.y - y) / browShape.x * mix(0.25, 1.1, smoothstep(-0.9, 0.4, along)))) - 0.5) * 2.0;
		thick *= 1.0 - browStyle.w * 0.5 * hairs;
		float slit = browStyle.z > 0.0 ? smoothstep(0.045, 0.075, abs(along - browStyle.z - (p.y - y) * 60.0 * 0.35)) : 1.0;
		float gradient = mix(0.80, 0.95, smoothstep(-1.0, -0.4, along));
		return mix(color, browColor, gradient * under(abs(p.y - y) - thick, soft + 0.0004 * browStyle.w) * step(0.00005, thick) * slit);
	}
`;

const MOUTH = /* glsl */ `
	vec3 paintedMouth(vec2 p, vec3 color, vec3 dim, float soft) {
		float w = mouthShape.x * mouthPose.x * mix(1.0, 0.66, mouthPose.z);
		float x = p.x / w;
		if (abs(x) > 1.5) return color;
		float open = mouthPose.y;
		float bow = max(0.0, 1.0 - x * x);
		float corner = (mouthPose.w + mouthStyle.y) * (x * x - 0.35);
		float y = p.y - mouthShape.w - corner;
		float cupid = mouthStyle.x * 0.0009 * (exp(-pow((abs(x) - 0.26) * 5.0, 2.0)) - 1.2 * exp(-x * x * 40.0));
		float top = open * 0.36 * pow(bow, 0.60) + 0.00005;
		float bottom = -open * 0.64 * pow(bow, 0.50);
		float ends = under(abs(x) - 1.0, soft / w);
		// Tint of the lips.
		float fullTop = mouthShape.y, fullLow = mouthShape.z;
		float lipTop = top + (0.0024 + 0.0020 * fullTop) * pow(bow, 0.8) + cupid * 1.4;
		float lipLow = bottom - (0.0026 + 0.0032 * fullLow) * pow(bow, 0.65) * smoothstep(1.0, 0.55, abs(x));
		float lips = under(y - lipTop, soft + 0.0006) * under(lipLow - y, soft + 0.0008) * ends;
		float cover = clamp(0.30 + 0.42 * max(fullTop, fullLow), 0.0, 0.92);
		#ifdef MAKEUP
			cover = mix(cover, 0.96, makeup.w);
		#endif
		// The upper lip lies in its own shadow.
		vec3 tint = mix(lipColor, lipColor * 0.82, smoothstep(-0.0004, 0.0010, y - top));
		color = mix(color, tint, lips * cover);
		float gleam = length((vec2(x - 0.10, (y - bottom + 0.0030 + 0.0006 * fullLow) / 0.0011)) / vec2(0.30, 1.0)) - 1.0;
		color = mix(color, mix(color, vec3(1.0), 0.6), under(gleam, 0.7) * fullLow * mouthStyle.w);
		// The opening: tongue below, teeth above.
		float within = under(y - top, soft) * under(bottom - y, soft) * ends * smoothstep(0.0004, 0.0016, open);
		vec3 inside = mix(vec3(0.30, 0.06, 0.09), vec3(0.50, 0.13, 0.16), smoothstep(top, bottom, y));
		float tongue = length(vec2(x / 0.70, (y - bottom) / (open * 0.46 + 0.0004))) - 1.0;
		inside = mix(inside, mix(vec3(0.80, 0.34, 0.38), vec3(0.93, 0.50, 0.50), smoothstep(0.0, -0.6, tongue)), under(tongue, 0.16));
		inside = mix(inside, vec3(0.70, 0.26, 0.30), under(abs(x) - 0.035, soft / w) * under(tongue + 0.25, 0.2) * 0.5);
		float teeth = (top - y) - open * 0.20 * (1.0 - mouthPose.z * 0.8) - 0.0006 - 0.0006 * (1.0 - x * x);
		float upperTeeth = under(teeth, soft) * under(abs(x) - 0.80, 0.1) * smoothstep(0.003, 0.006, open) * (1.0 - mouthPose.z * 0.7);
		inside = mix(inside, mix(vec3(0.985, 0.975, 0.97), vec3(0.80, 0.76, 0.82), smoothstep(0.45, 0.85, abs(x)) * 0.7), upperTeeth);
		color = mix(color, inside, within);
		// The line, drawn like a brush: firm in the corners and above.
		vec3 ink = mix(lipColor * 0.34, dim * 0.30, 0.35);
		float closed = 1.0 - smoothstep(0.0008, 0.0026, open);
		float firm = (0.00030 + 0.00038 * smoothstep(0.35, 1.0, abs(x)) * closed + 0.00010 * (1.0 - closed)) * mouthStyle.z;
		float line = abs(y - top - cupid * closed) - firm * under(abs(x) - 1.04, 0.06);
		color = mix(color, ink, under(line, soft) * under(abs(x) - 1.05, soft / w) * 0.95);
		float rim = abs(y - bottom) - 0.00034 * under(abs(x) - 0.98, 0.05);
		color = mix(color, ink, under(rim, soft) * ends * (1.0 - closed) * 0.85);
		float below = length(vec2(x / 0.42, (y - lipLow + 0.0016) / 0.0011)) - 1.0;
		return mix(color, mix(color, dim, 0.75), under(below, 0.8) * 0.65);
	}
`;

const NOSE = /* glsl */ `
	vec3 paintedNose(vec2 p, vec3 color, vec3 dim, float soft) {
		vec2 n = vec2(p.x, p.y - nose.x);
		// The side that the key light does not reach, from the bridge to the wing.
		float away = n.x * -keySide;
		float high = (n.y + 0.004) / 0.020;
		float flank = max(abs(away - 0.0040 * cheeks.z - 0.0012 * (1.0 - high)) - 0.0022 * (1.0 - high), max(-high, high - 1.0) * 0.004);
		color = mix(color, mix(color, dim, 0.85), under(flank, soft + 0.0010) * nose.z);
		float tip = length((n - vec2(0.0, -0.0062)) / vec2(0.0062 * cheeks.z, 0.0017)) - 1.0;
		color = mix(color, mix(color, dim, 0.92), under(tip, 0.55) * 0.9);
		float nostril = length((vec2(abs(n.x), n.y) - vec2(0.0040 * cheeks.z, -0.0062)) / vec2(0.0016, 0.00085)) - 1.0;
		color = mix(color, dim * 0.62, under(nostril, 0.6) * nose.y);
		float gleam = length((n - vec2(keySide * 0.0012, 0.0012)) / vec2(0.0019, 0.0030)) - 1.0;
		return mix(color, min(color * 1.22 + vec3(0.09, 0.07, 0.06), vec3(1.0)), under(gleam, 0.5) * nose.w);
	}
`;

const FACE = /* glsl */ `
	vec3 paintedFace(vec2 p, vec3 skin, vec3 dim, vec3 beard) {
		float soft = max(fwidth(p.y) + fwidth(p.x), 0.00012) * 0.9;
		vec3 color = skin;
		if (abs(p.x) > 0.1) return color;
		color = marked(p, color, dim, soft);
		// Blush: a soft oval with three strokes.
		float rouge = cheeks.x;
		#ifdef MAKEUP
			rouge += makeup.z * 0.55;
		#endif
		vec2 b = vec2(abs(p.x) - 0.052, p.y - 0.062);
		float glow = exp(-dot(b / vec2(0.019, 0.0105), b / vec2(0.019, 0.0105)));
		color = mix(color, mix(color, vec3(0.96, 0.36, 0.38), 0.62), glow * clamp(rouge, 0.0, 1.2) * 0.75);
		float strokes = abs(fract((b.x - b.y * 0.45) / 0.0052) - 0.5) * 0.0052 - 0.00045;
		color = mix(color, mix(skin, vec3(0.86, 0.20, 0.26), 0.7), under(strokes, soft) * smoothstep(0.012, 0.010, abs(b.x)) * smoothstep(0.0058, 0.0040, abs(b.y)) * smoothstep(0.55, 0.9, cheeks.x));
		// Stubble.
		float jaw = smoothstep(0.060, 0.030, p.y + 0.25 * max(0.0, 0.03 - abs(p.x))) * smoothstep(0.030, 0.036, abs(p.x) + max(0.0, 0.040 - p.y) * 2.0);
		float lip = smoothstep(0.0035, 0.006, p.y - 0.0385) * smoothstep(0.058, 0.050, p.y) * smoothstep(0.034, 0.024, abs(p.x));
		color = mix(color, mix(color, beard * 0.7 + dim * 0.25, 0.42), max(jaw, lip) * cheeks.y);
		#ifndef BARE_BELOW
			color = paintedNose(p, color, dim, soft);
			color = paintedMouth(p, color, dim, soft);
		#endif
		#ifndef BARE_ABOVE
			color = paintedEye(p, color, dim, soft);
			color = paintedBrow(p, color, soft);
		#endif
		return color;
	}
`;

/** The whole source, for a fragment shader that has set `precision`. */
export const FACE_SHADER = UNIFORMS + MARKS + EYE + BROW + MOUTH + NOSE + FACE;
