/**
 * The look: two-step toon ramp with coloured shadows, a third step in corners, rim light, a jagged band on hair, and outlines by an inflated
 * hull. Everything is display-referred: a recipe's colours are painted as they are chosen.
 */
import {
	BackSide,
	Color,
	CustomBlending,
	FrontSide,
	GLSL3,
	OneFactor,
	OneMinusSrcAlphaFactor,
	RawShaderMaterial,
	type Side,
	Vector3,
	Vector4,
} from 'three';
import { faceUniforms, ZONES } from './face.js';
import { FACE_SHADER } from './face-paint.js';
import { coolShadow, fromLch, skinGleam, skinShadow, stageSkin, toLch } from './ramp.js';
import { ANCHORS, SPRING_SHADER, SPRINGS } from './springs.js';

/** Colour slots of the geometry, in the order of the palette. */
export const SLOTS = [
	'skin', 'face', 'hair', 'hair_matte', 'scalp', 'beard', 'outfit', 'outfit_trim', 'accent', 'accent_dark', 'lapel', 'white', 'dark', 'lining',
	'boots', 'soles', 'prop', 'prop_trim', 'prop_grille', 'eyewear', 'headwear', 'headwear_trim', 'metal', 'lens',
	'scalp_fade', 'gem', 'aid',
] as const; // biome-ignore format: one list

/** One of `SLOTS`. */
export type Slot = (typeof SLOTS)[number];

/** Most joints a skeleton may have. */
const MAX_JOINTS = 44;

type Rgb = readonly [number, number, number];

/** How a slot is painted. */
interface Paint {
	base: Color;
	shadow: Color;
	/** 0 matte, 1 hair, 2 skin, 3 face, 4 glossy, 5 coily hair. */
	kind: number;
}

/** Colours of a recipe: 8-bit sRGB per slot name. */
export type RecipeColors = Record<string, Rgb>;

/** Paints of all slots for a recipe. */
function palette(colors: RecipeColors): Paint[] {
	const slot = (name: string): Color => {
		const [red, green, blue] = colors[name] ?? [200, 200, 200];
		return new Color().setRGB(red / 255, green / 255, blue / 255);
	};
	const skin = stageSkin(slot('skin'));
	const hair = slot('hair');
	const outfit = slot('outfit');
	const trim = slot('outfit_trim');
	const accent = turned(trim, 0.5, 0.62, 0.5);
	const dark = mixed(outfit, new Color(0.1, 0.1, 0.14), 0.72);
	const base: Record<Slot, Color> = {
		skin, face: skin, hair, hair_matte: hair, scalp: mixed(skin, hair, 0.62), scalp_fade: mixed(skin, hair, 0.3), beard: slot('facial_hair'), outfit, outfit_trim: trim, accent,
		accent_dark: mixed(accent, dark, 0.55), lapel: mixed(outfit, new Color(0.05, 0.05, 0.12), 0.38), white: new Color(0.96, 0.955, 0.97), dark,
		lining: mixed(trim, dark, 0.75), boots: mixed(outfit, new Color(0.09, 0.085, 0.11), 0.82), soles: new Color(0.93, 0.92, 0.94),
		prop: new Color(0.16, 0.16, 0.2), prop_trim: trim, prop_grille: new Color(0.72, 0.73, 0.78), eyewear: slot('eyewear'), headwear: slot('headwear'),
		headwear_trim: mixed(slot('headwear'), new Color(1, 1, 1), 0.35), metal: slot('jewellery'), gem: slot('gem'), aid: slot('aids'), lens: slot('eyewear'),
	}; // biome-ignore format: a table
	const kinds: Partial<Record<Slot, number>> = {
		skin: 2,
		face: 3,
		hair: 1,
		hair_matte: 5,
		beard: 5,
		boots: 4,
		outfit_trim: 4,
		metal: 4,
		gem: 4,
		aid: 4,
		prop: 4,
		prop_trim: 4,
		prop_grille: 4,
		eyewear: 4,
	};
	return SLOTS.map((name) => {
		const kind = kinds[name] ?? 0;
		return {
			base: base[name],
			shadow:
				name === 'skin' || name === 'face' || name.startsWith('scalp')
					? skinShadow(base[name])
					: coolShadow(base[name], kind === 1 || kind === 5 ? 0.7 : 0.66 + 0.1 * toLch(base[name]).light),
			kind,
		};
	});
}

function mixed(a: Color, b: Color, share: number): Color {
	return a.clone().lerp(b, share);
}

function turned(color: Color, hue: number, saturation: number, lightness: number): Color {
	const own = { h: 0, s: 0, l: 0 };
	color.getHSL(own);
	return new Color().setHSL((own.h + hue) % 1, Math.max(saturation, own.s * 0.8), lightness);
}

/** Grey hair, as light as age makes the colour it was. */
function greyed(hair: Color): Color {
	const { light, chroma, hue } = toLch(hair);
	return fromLch({ light: 0.66 + 0.24 * light, chroma: Math.min(0.018, chroma * 0.25), hue });
}

/** Skins, hangs and projects a vertex; `OUTLINE`, `SHADOW` and `DEPTH` are variants of it. */
export const VERTEX = /* glsl */ `
	precision highp float;
	in vec3 position;
	in vec3 normal;
	in vec4 paint;  // slot, shade, random, sway
	in vec4 hull;   // direction of the outline and its share
	in vec4 joints;
	in vec4 shares;
	in vec2 uv;
	in vec2 spring; // anchor, place among its springs
	uniform mat4 viewMatrix, projectionMatrix;
	uniform vec4 bones[${3 * MAX_JOINTS}]; // three rows each: phones hold 256 of them, all uniforms together
	uniform vec3 baseColors[${SLOTS.length}];
	uniform vec4 shadowColors[${SLOTS.length}]; // and kind
	uniform float outlineWidth; // of the picture's height, at a distance of one: 0 draws the body
	out vec3 vNormal;
	out vec3 vPosition;
	out vec4 vPaint;
	out vec2 vUv;
	flat out vec3 vBase;
	flat out vec4 vDim;
	#ifdef SHADOW
		uniform vec3 keyDirection;
		out float vRise; // how high above the floor what throws the shadow is, metres
	#endif
	#ifdef DEPTH
		out float vAway; // from the camera along its view, metres
	#endif
	${SPRING_SHADER}
	mat3x4 bone(float joint) {
		int row = int(joint) * 3;
		return mat3x4(bones[row], bones[row + 1], bones[row + 2]);
	}
	void main() {
		vBase = baseColors[int(paint.x + 0.5)];
		vDim = shadowColors[int(paint.x + 0.5)];
		mat3x4 m = bone(joints.x) * shares.x;
		if (shares.x < 0.999) m += bone(joints.y) * shares.y + bone(joints.z) * shares.z + bone(joints.w) * shares.w;
		vec4 at = vec4(vec4(position, 1.0) * m, 1.0);
		if (paint.w > 0.002) at.xyz = hung(at.xyz, position, paint.w, spring);
		#ifdef SHADOW
			vRise = max(0.0, at.y);
			at.xyz -= keyDirection * (at.y / keyDirection.y);
		#endif
		vec4 seen = viewMatrix * at;
		#ifdef DEPTH
			vAway = -seen.z;
		#endif
		vNormal = vec4(normal, 0.0) * m;
		vPosition = at.xyz;
		vPaint = paint;
		vUv = uv;
		#ifdef OUTLINE
			vec3 outwards = mat3(viewMatrix) * (vec4(hull.xyz, 0.0) * m);
			float distance = clamp(-seen.z, 0.45, 3.4);
			seen.xyz += normalize(outwards + vec3(0.0, 0.0, 1e-5)) * (hull.w * outlineWidth * distance);
			seen.z -= 0.0012;
		#endif
		gl_Position = projectionMatrix * seen;
	}`;

const HEAD = /* glsl */ `
	precision highp float;
	in vec3 vNormal;
	in vec3 vPosition;
	in vec4 vPaint;
	in vec2 vUv;
	flat in vec3 vBase;
	flat in vec4 vDim; // and kind
	uniform vec3 keyDirection, keyLight, rimLight, fillLight, eyePosition;
	uniform vec3 skinGleam; // times skin
	out vec4 picture;`;

// Software GL runs both sides of a branch for every pixel, so face, hair and the rest have a program each.
const BODY = /* glsl */ `${HEAD}
	#ifdef HAIR
		uniform vec3 rootsColor, tipsColor, streaksColor, greyColor;
		uniform vec4 hairShares; // of the length: roots, tips; of the locks: streaks; of the strands: grey
		uniform vec3 hairCentre, headUp;

		// A hash without a sine (after Hoskins), which software GL would feel.
		float chance(float number) {
			float p = fract(number * 0.1031 + 0.137);
			p *= p + 33.33;
			return fract(p * (p + p));
		}
	#endif
	#ifdef FACE
		uniform vec3 beardColor;
		${FACE_SHADER}
	#endif
	void main() {
		vec3 base = vBase;
		vec3 dim = vDim.rgb;
		float skin = step(1.5, vDim.a) * step(vDim.a, 3.5);
		vec3 n = normalize(vNormal);
		vec3 view = normalize(eyePosition - vPosition);
		#ifdef HAIR
			// A cap is one surface with one number: there, columns stand for locks. Interpolation must not stir the dice.
			float number = floor(vPaint.z * 255.0 + 0.5) / 255.0;
			float cap = 1.0 - step(0.003, abs(number - 0.502));
			#if defined(TONES) || defined(GREY)
			vec3 plain = base;
			#endif
			#ifdef TONES
			float lock = chance(number * 7.0 + floor(vUv.x * mix(2.0, 7.0, cap)) * 0.37);
			base = mix(rootsColor, base, smoothstep(hairShares.x - 0.16, hairShares.x + 0.02, vUv.y + (lock - 0.5) * 0.10));
			base = mix(base, tipsColor, smoothstep(1.0 - hairShares.y, 1.0, vUv.y));
			base = mix(base, streaksColor, step(lock, hairShares.z - 0.001));
			#endif
			// Sheaves of strands whose tones flow into each other; between some of them a line that tapers to its ends.
			float thread = vUv.x * 6.0 + number * 5.0;
			float sheaf = floor(thread), across = thread - sheaf;
			float strand = chance(sheaf * 0.71 + number * 6.0);
			float flow = mix(strand, chance(sheaf * 0.71 + 0.71 + number * 6.0), across * across * (3.0 - 2.0 * across));
			float fine = fwidth(thread);
			float coily = step(4.5, vDim.a); // coils, braids and locs have no strands that run straight
			float seen = (1.0 - smoothstep(0.25, 0.60, fine)) * (1.0 - 0.9 * coily);
			float taper = smoothstep(0.0, 0.35, vUv.y - 0.45 * strand + 0.15) * smoothstep(0.0, 0.35, 0.85 + 0.4 * strand - vUv.y);
			float gap = smoothstep(fine, 0.0, abs(across - 0.5) - 0.055 * taper) * taper * step(0.45, strand);
			#ifdef GREY
			// Grey strands blend into their share where they are finer than a pixel.
			float grey = step(chance(floor(thread * 8.0) * 0.53 + number), hairShares.w - 0.001);
			base = mix(base, greyColor, mix(hairShares.w, grey, 1.0 - smoothstep(0.25, 0.6, fine * 8.0)));
			#endif
			#if defined(TONES) || defined(GREY)
			dim *= base / max(plain, vec3(0.02));
			#endif
			float lumps = 0.0;
			#ifdef COILS
			// A cap of coils is drawn as a pile of tufts in rings round the crown, each lit from above and dark between.
			float down = (1.0 - 2.0 * vUv.y) * 10.0 + 0.30 * sin(vUv.x * 18.85) + 0.22 * sin(vUv.x * 43.98);
			float row = floor(down);
			float along = vUv.x / STRANDS_ROUND * floor(2.0 + 44.0 * sin(1.6 * (row + 0.5) / 10.0)) + chance(row * 3.1);
			float tuft = floor(along) * 0.71 + row * 7.3;
			vec2 off = vec2(along, down) - vec2(floor(along), row) - 0.5;
			off += 0.36 * (vec2(chance(tuft), chance(tuft + 3.7)) - 0.5);
			lumps = (0.08 - 0.26 * off.y - 0.26 * smoothstep(0.30, 0.52, length(off))) * cap * coily;
			#endif
			float shift = (vPaint.z - 0.5) * 0.16 + lumps + ((flow - 0.5) * 0.10 - 0.13 * gap) * seen + (vUv.y - 0.5) * 0.10 * (1.0 - coily);
			base *= 1.0 + shift;
			dim *= 1.0 + shift * 0.8;
		#endif
		vec3 lit = base, shadow = dim;
		#ifdef FACE
			lit = paintedFace(vUv, base, dim, beardColor);
			shadow = lit * (dim / max(base, vec3(0.02)));
		#endif
		float facing = dot(n, keyDirection) * 0.5 + 0.5;
		float sharp = max(fwidth(facing) * 0.9, 0.012);
		float edge = mix(0.50, 0.36, skin);
		float light = smoothstep(edge - sharp, edge + sharp, facing * mix(1.0, vPaint.y, 0.85) + (vPaint.y - 1.0) * 0.10);
		#ifdef FACE
			light *= 1.0 - fringed(vUv);
		#endif
		float corner = smoothstep(0.30, 0.22, vPaint.y) + smoothstep(0.20, 0.13, facing) * 0.6;
		shadow *= 1.0 - mix(0.20, 0.08, skin) * clamp(corner, 0.0, 1.0);
		vec3 fill = mix(vec3(1.0), fillLight * 1.15, 0.55);
		vec3 key = mix(vec3(1.0), keyLight, 0.6);
		vec3 color = mix(shadow * fill, lit * key, light);
		// Skin glows a little where light turns into shadow.
		float turn = max(0.0, 1.0 - abs(facing - edge) * 11.0);
		color *= mix(vec3(1.0), vec3(1.06, 0.93, 0.90), skin * turn * turn * vPaint.y * 0.75);
		float away = 1.0 - max(0.0, dot(n, view));
		#ifdef HAIR
			// The band of light: a ring on the ball that hair is lit as, torn by the locks.
			vec3 d = normalize(vPosition - hairCentre);
			float height = dot(d, headUp) - 0.16 * dot(view, headUp);
			float torn = (vPaint.z - 0.5) * 0.060 + 0.022 * cos(vUv.x * 12.56) + (abs(across - 0.5) - 0.25) * (0.04 + 0.09 * strand) * seen;
			float ring = smoothstep(0.070, 0.050, abs(height - 0.53 - torn));
			float inner = smoothstep(0.030, 0.016, abs(height - 0.545 - torn * 1.4));
			float toward = smoothstep(0.05, 0.50, dot(d, view)) * (0.30 + 0.70 * light) * step(length(vPosition - hairCentre), 0.155);
			vec3 tint = base / max(0.25, max(base.r, max(base.g, base.b)));
			vec3 glow = base * 1.18 + mix(tint, vec3(1.0), 0.35) * 0.13;
			toward *= 1.0 - coily; // coils scatter it: a soft gleam instead
			color = mix(color, glow * key, ring * toward * 0.85);
			color = mix(color, (glow + 0.14) * key, inner * toward * 0.60);
			color += coily * (base * 0.30 + 0.035) * smoothstep(0.72, 0.80, dot(n, normalize(keyDirection + view))) * vPaint.y * key;
		#else
			// A firm gleam on what is glossy, a soft one on beards, and on skin where it turns to the light.
			float mirrored = dot(n, normalize(keyDirection + view));
			float glossy = step(3.5, vDim.a) * step(vDim.a, 4.5), coily = step(4.5, vDim.a);
			float gloss = smoothstep(0.950, 0.962, mirrored) + 0.30 * light * smoothstep(0.70, 0.725, mirrored);
			color += glossy * (base * 0.5 + 0.28) * min(gloss, 1.0) * 0.75;
			color += coily * (base * 0.30 + 0.035) * smoothstep(0.72, 0.80, mirrored) * vPaint.y * key;
			color *= mix(vec3(1.0), skinGleam, skin * light * smoothstep(0.86, 1.0, mirrored) * vPaint.y);
		#endif
		// Rim: on edges that the back light can reach, a firm step.
		float reach = 0.5 + 0.5 * dot(n, vec3(-keyDirection.x * 0.62, 0.62, -0.62));
		float rim = smoothstep(0.60, 0.72, away * (0.55 + 0.6 * reach)) * mix(0.35, 1.0, vPaint.y);
		color += rimLight * rim * mix(0.72, 0.55, skin) * (0.35 + 0.65 * base);
		picture = vec4(clamp(color, 0.0, 1.0), 1.0);
	}`;

const OUTLINE = /* glsl */ `${HEAD}
	void main() {
		vec4 dark = vDim;
		float skin = step(1.5, dark.a) * step(dark.a, 3.5);
		float light = dot(dark.rgb, vec3(0.3, 0.6, 0.1));
		vec3 ink = mix(dark.rgb * mix(0.30, 0.62, light), dark.rgb * vec3(0.62, 0.44, 0.44), skin);
		picture = vec4(ink * mix(vec3(1.0), fillLight, 0.3), 1.0);
	}`;

const LENS = /* glsl */ `${HEAD}
	uniform vec4 lens; // tint, opacity
	void main() {
		vec3 n = normalize(vNormal);
		vec3 view = normalize(eyePosition - vPosition);
		float gradient = mix(1.0, 0.80, smoothstep(0.3, 1.0, 1.0 - vUv.y));
		float alpha = lens.a * gradient;
		// Two slanted panes of reflected light.
		float slant = vUv.x + vUv.y * 0.55;
		float pane = smoothstep(0.52, 0.54, slant) * smoothstep(0.70, 0.68, slant) + smoothstep(0.76, 0.78, slant) * smoothstep(0.84, 0.82, slant);
		float gleam = pane * mix(0.13, 0.20, lens.a) + 0.10 * pow(1.0 - max(0.0, dot(n, view)), 2.0);
		picture = vec4(lens.rgb * alpha + vec3(gleam), clamp(alpha + gleam, 0.0, 1.0));
	}`;

/** Uniform blocks shared by an avatar's materials. */
export type Uniforms = Record<string, { value: unknown }>;

/** Body, outline and lens materials over one set of uniforms. */
export interface ToonMaterials {
	uniforms: Uniforms;
	/** Hair, all that is neither, then the face by `ZONES`. */
	body: RawShaderMaterial[];
	outline: RawShaderMaterial;
	lens: RawShaderMaterial;
}

/**
 * The materials of one avatar. Dispose each.
 *
 * @param face What the face's shader is compiled with, `faceDefines`.
 * @param coily Whether any hair is of coils.
 */
export function toonMaterials(
	colors: RecipeColors,
	amounts: Record<string, number>,
	face: Record<string, string>,
	coily: boolean,
): ToonMaterials {
	const paints = palette(colors);
	const share = (name: string): number => amounts[name] ?? 0;
	const rgb = (name: string): Vector3 => new Vector3(...(colors[name] ?? [128, 128, 128])).multiplyScalar(1 / 255);
	const brow = rgb('brows');
	const skin = (paints[SLOTS.indexOf('skin')] as Paint).base; // a slot
	const gleam = skinGleam(skin);
	const grey = greyed(new Color(...rgb('hair').toArray()));
	const uniforms: Uniforms = {
		bones: { value: new Float32Array(12 * MAX_JOINTS) },
		springs: { value: new Float32Array(16 * ANCHORS.length * SPRINGS.length) },
		hipsPlace: { value: new Vector3() },
		neckPlace: { value: new Vector3() },
		outlineWidth: { value: 0 },
		baseColors: { value: paints.flatMap(({ base }) => [base.r, base.g, base.b]) },
		shadowColors: { value: paints.flatMap(({ shadow, kind }) => [shadow.r, shadow.g, shadow.b, kind]) },
		beardColor: { value: rgb('facial_hair') },
		rootsColor: { value: rgb('hair_roots') },
		tipsColor: { value: rgb('hair_tips') },
		streaksColor: { value: rgb('hair_streaks') },
		greyColor: { value: new Vector3(grey.r, grey.g, grey.b) },
		hairShares: { value: new Vector4(share('roots'), share('tips'), share('streaks'), share('grey')) },
		keyDirection: { value: new Vector3(0, 0, 1) },
		keyLight: { value: new Vector3(1, 1, 1) },
		rimLight: { value: new Vector3(0.5, 0.5, 0.6) },
		fillLight: { value: new Vector3(0.9, 0.9, 1) },
		eyePosition: { value: new Vector3() },
		skinGleam: { value: new Vector3(gleam.r / skin.r, gleam.g / skin.g, gleam.b / skin.b) },
		hairCentre: { value: new Vector3() },
		headUp: { value: new Vector3(0, 1, 0) },
		lens: { value: [0.1, 0.1, 0.12, 0.08] },
		...faceUniforms(),
	};
	(uniforms.irisColor as { value: Vector3 }).value.copy(rgb('iris'));
	(uniforms.irisLeftColor as { value: Vector3 }).value.copy(rgb('iris_left'));
	(uniforms.shadowColor as { value: Vector3 }).value.copy(rgb('eye_shadow'));
	(uniforms.lipColor as { value: Vector3 }).value.copy(rgb('lips'));
	// Brows are never paler than lashes allow, nor blacker than the hair.
	(uniforms.browColor as { value: Vector3 }).value.copy(brow).multiplyScalar(0.62).addScalar(0.015);
	(uniforms.lashColor as { value: Vector3 }).value
		.copy(rgb('hair'))
		.multiplyScalar(0.22)
		.add(new Vector3(0.05, 0.025, 0.04));
	const make = (fragmentShader: string, side: Side, defines: Partial<Record<string, string>> = {}): RawShaderMaterial =>
		new RawShaderMaterial({ glslVersion: GLSL3, vertexShader: VERTEX, fragmentShader, uniforms, side, defines });
	// Hair of one colour does not pay for several.
	const toned = ['hair_roots', 'hair_tips', 'hair_streaks'].some((slot) => !rgb(slot).equals(rgb('hair')));
	const hair: Record<string, string> = {
		...(toned && { TONES: '' }),
		...(share('grey') > 0 && { GREY: '' }),
		...(coily && { COILS: '', STRANDS_ROUND: '6.0' }),
	};
	const faces = ZONES.map((zone) => ({ FACE: '', ...face, ...zone }));
	const body = [{ HAIR: '', ...hair }, {}, ...faces].map((defines) => make(BODY, FrontSide, defines));
	const outline = make(OUTLINE, BackSide, { OUTLINE: '' });
	const lens = make(LENS, FrontSide);
	lens.transparent = true;
	lens.depthWrite = false;
	lens.blending = CustomBlending;
	lens.blendSrc = OneFactor;
	lens.blendDst = OneMinusSrcAlphaFactor;
	return { uniforms, body, outline, lens };
}
