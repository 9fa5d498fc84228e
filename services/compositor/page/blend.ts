/**
 * After Effects' blend modes, each as what the blending unit does or as GLSL that reads the picture below.
 *
 * Separable and component modes follow the W3C's Compositing and Blending Level 1; `s` is the layer, `b` what lies below, both
 * straight colour of 0 to 1; `alpha` is the layer's. Where the picture below is transparent the layer's own colour is left.
 */
import type { BlendModeJson, MatteKindJson } from '@fancam/protos/shot';
import {
	type BlendingDstFactor,
	type BlendingSrcFactor,
	DstColorFactor,
	OneFactor,
	OneMinusDstAlphaFactor,
	OneMinusSrcAlphaFactor,
	OneMinusSrcColorFactor,
	SrcAlphaFactor,
	ZeroFactor,
} from 'three';

/** Factors of the blending unit, for colour and for alpha, on premultiplied colour. */
export interface Factors {
	colour: [BlendingSrcFactor, BlendingDstFactor];
	alpha: [BlendingSrcFactor, BlendingDstFactor];
}

const OVER: Factors['alpha'] = [OneFactor, OneMinusSrcAlphaFactor];
const NORMAL: Factors = { colour: OVER, alpha: OVER };
const CUT: Factors = { colour: [ZeroFactor, SrcAlphaFactor], alpha: [ZeroFactor, SrcAlphaFactor] };
const SUM: Factors = { colour: [OneFactor, OneFactor], alpha: [OneFactor, OneFactor] };

/** Modes that the blending unit knows whatever lies below: no copy of the picture is needed. */
const ANYWHERE: Partial<Record<BlendModeJson, Factors>> = {
	BLEND_MODE_UNSPECIFIED: NORMAL,
	BLEND_MODE_NORMAL: NORMAL,
	BLEND_MODE_DISSOLVE: NORMAL,
	BLEND_MODE_DANCING_DISSOLVE: NORMAL,
	BLEND_MODE_LUMINESCENT_PREMUL: NORMAL,
	BLEND_MODE_SCREEN: { colour: [OneFactor, OneMinusSrcColorFactor], alpha: OVER },
	BLEND_MODE_ALPHA_ADD: SUM,
	BLEND_MODE_STENCIL_ALPHA: CUT,
	BLEND_MODE_STENCIL_LUMA: CUT,
	BLEND_MODE_SILHOUETTE_ALPHA: CUT,
	BLEND_MODE_SILHOUETTE_LUMA: CUT,
};

/** Modes that it knows over an opaque picture. */
const OVER_OPAQUE: Partial<Record<BlendModeJson, Factors>> = {
	BLEND_MODE_ADD: { colour: [OneFactor, OneFactor], alpha: OVER },
	BLEND_MODE_MULTIPLY: { colour: [DstColorFactor, OneMinusSrcAlphaFactor], alpha: OVER },
};

/** A sum of passes. */
export const ADDING = SUM;
/** What is seen through the picture. */
export const BEHIND: Factors = {
	colour: [OneMinusDstAlphaFactor, OneFactor],
	alpha: [OneMinusDstAlphaFactor, OneFactor],
};

/** The others, as expressions of `s` and `b`. */
const MIXED: Partial<Record<BlendModeJson, string>> = {
	BLEND_MODE_ADD: 'min(s + b, 1.0)',
	BLEND_MODE_MULTIPLY: 's * b',
	BLEND_MODE_OVERLAY: 'hardLight(b, s)',
	BLEND_MODE_SOFT_LIGHT: `mix(b - (1.0 - 2.0 * s) * b * (1.0 - b),
		b + (2.0 * s - 1.0) * (mix(((16.0 * b - 12.0) * b + 4.0) * b, sqrt(b), step(0.25, b)) - b), step(0.5, s))`,
	BLEND_MODE_HARD_LIGHT: 'hardLight(s, b)',
	BLEND_MODE_LIGHTEN: 'max(s, b)',
	BLEND_MODE_DARKEN: 'min(s, b)',
	BLEND_MODE_DIFFERENCE: 'abs(s - b)',
	BLEND_MODE_COLOR_BURN: 'burn(s, b)',
	BLEND_MODE_LINEAR_BURN: 'max(s + b - 1.0, 0.0)',
	BLEND_MODE_DARKER_COLOR: 'lightness(s) < lightness(b) ? s : b',
	BLEND_MODE_COLOR_DODGE: 'dodge(s, b)',
	BLEND_MODE_LINEAR_DODGE: 'min(s + b, 1.0)',
	BLEND_MODE_LIGHTER_COLOR: 'lightness(s) > lightness(b) ? s : b',
	BLEND_MODE_LINEAR_LIGHT: 'clamp(b + 2.0 * s - 1.0, 0.0, 1.0)',
	BLEND_MODE_VIVID_LIGHT: 'vividLight(s, b)',
	BLEND_MODE_PIN_LIGHT: 'mix(min(b, 2.0 * s), max(b, 2.0 * s - 1.0), step(0.5, s))',
	BLEND_MODE_HARD_MIX: 'step(1.0 - 1e-4, s + b)',
	BLEND_MODE_EXCLUSION: 's + b - 2.0 * s * b',
	BLEND_MODE_SUBTRACT: 'max(b - s, 0.0)',
	BLEND_MODE_DIVIDE: 'min(b / max(s, 1e-4), 1.0)',
	BLEND_MODE_HUE: 'withLightness(withSaturation(s, saturation(b)), lightness(b))',
	BLEND_MODE_SATURATION: 'withLightness(withSaturation(b, saturation(s)), lightness(b))',
	BLEND_MODE_COLOR: 'withLightness(s, lightness(b))',
	BLEND_MODE_LUMINOSITY: 'withLightness(b, lightness(s))',
};

/** Modes whose alpha is in the formula: expressions of `s`, `b` and `alpha` that are the whole result. */
const WHOLE: Partial<Record<BlendModeJson, string>> = {
	BLEND_MODE_CLASSIC_COLOR_BURN: 'burn(mix(vec3(1.0), s, alpha), b)',
	BLEND_MODE_CLASSIC_COLOR_DODGE: 'dodge(s * alpha, b)',
	BLEND_MODE_CLASSIC_DIFFERENCE: 'abs(s * alpha - b)',
};

/** What the expressions call. */
const FUNCTIONS = /* glsl */ `
	vec3 hardLight(vec3 s, vec3 b) { return mix(2.0 * s * b, 1.0 - 2.0 * (1.0 - s) * (1.0 - b), step(0.5, s)); }
	vec3 burn(vec3 s, vec3 b) {
		return mix(1.0 - min((1.0 - b) / max(s, 1e-4), 1.0), vec3(1.0), step(1.0 - 1e-4, b));
	}
	vec3 dodge(vec3 s, vec3 b) { return mix(min(b / max(1.0 - s, 1e-4), 1.0), vec3(0.0), step(b, vec3(1e-4))); }
	vec3 vividLight(vec3 s, vec3 b) { return mix(burn(2.0 * s, b), dodge(2.0 * s - 1.0, b), step(0.5, s)); }
	float lightness(vec3 c) { return dot(c, vec3(0.3, 0.59, 0.11)); }
	float saturation(vec3 c) { return max(c.r, max(c.g, c.b)) - min(c.r, min(c.g, c.b)); }
	vec3 withLightness(vec3 c, float wanted) {
		c += wanted - lightness(c);
		float l = lightness(c), least = min(c.r, min(c.g, c.b)), most = max(c.r, max(c.g, c.b));
		if (least < 0.0) c = l + (c - l) * l / (l - least);
		if (most > 1.0) c = l + (c - l) * (1.0 - l) / (most - l);
		return c;
	}
	vec3 withSaturation(vec3 c, float wanted) {
		float least = min(c.r, min(c.g, c.b)), most = max(c.r, max(c.g, c.b));
		return most > least ? (c - least) * wanted / (most - least) : vec3(0.0);
	}`;

/** GLSL of a track matte: from `seen`, its premultiplied picture, the share of the layer that is left. */
export const MATTE: Record<MatteKindJson, string> = {
	MATTE_KIND_UNSPECIFIED: '1.0',
	MATTE_KIND_ALPHA: 'seen.a',
	MATTE_KIND_ALPHA_INVERTED: '1.0 - seen.a',
	MATTE_KIND_LUMA: 'dot(seen.rgb, LUMINANCE)',
	MATTE_KIND_LUMA_INVERTED: '1.0 - dot(seen.rgb, LUMINANCE)',
};

/** What lies below a layer. */
export interface Ground {
	/** Whether it may be transparent. */
	transparent: boolean;
	/** Whether the layer is drawn only where something is below. */
	preserve: boolean;
}

/** The factors of a mode, or null when a copy of the picture below must be read. */
export function factors(mode: BlendModeJson, { transparent, preserve }: Ground): Factors | null {
	if (preserve) return null;
	return ANYWHERE[mode] ?? (transparent ? null : (OVER_OPAQUE[mode] ?? null));
}

/** Whether a mode changes the picture below also where the layer is not. */
export function reachesEverywhere(mode: BlendModeJson): boolean {
	return /STENCIL|SILHOUETTE/.test(mode);
}

/** GLSL functions that `mixing` needs; empty for modes of the blending unit. */
export function functions(mode: BlendModeJson, ground: Ground): string {
	return factors(mode, ground) ? '' : FUNCTIONS;
}

/** GLSL that turns `fetched`, the layer's premultiplied pixel, into what is written. */
export function mixing(mode: BlendModeJson, ground: Ground): string {
	if (mode === 'BLEND_MODE_DISSOLVE' || mode === 'BLEND_MODE_DANCING_DISSOLVE') {
		const moment = mode === 'BLEND_MODE_DISSOLVE' ? '0u' : 'moment';
		return `
			uvec2 from = uvec2(spot.x, outputSize.y - spot.y);
			float chance = float(scramble(from.x + scramble(from.y + scramble(${moment}))) >> 8) / 16777216.0;
			fetched = chance < fetched.a ? vec4(fetched.rgb / fetched.a, 1.0) : vec4(0.0);`;
	}
	const luma = 'dot(fetched.rgb, LUMINANCE)';
	const cut: Partial<Record<BlendModeJson, string>> = {
		BLEND_MODE_STENCIL_ALPHA: 'fetched.a',
		BLEND_MODE_STENCIL_LUMA: luma,
		BLEND_MODE_SILHOUETTE_ALPHA: '1.0 - fetched.a',
		BLEND_MODE_SILHOUETTE_LUMA: `1.0 - ${luma}`,
	};
	if (cut[mode]) return `fetched = vec4(0.0, 0.0, 0.0, ${cut[mode]});`;
	if (factors(mode, ground)) return '';
	const both = WHOLE[mode] ?? `mix(b, ${MIXED[mode] ?? 's'}, alpha)`;
	const read = `
		vec4 under = texelFetch(backdrop, ivec2(spot), 0);
		float alpha = fetched.a;
		vec3 s = clamp(fetched.rgb / max(alpha, 1e-4), 0.0, 1.0);`;
	if (!ground.transparent) return `${read} vec3 b = under.rgb; fetched = vec4(${both}, 1.0);`;
	return `${read}
		vec3 b = under.rgb / max(under.a, 1e-4);
		vec3 both = ${both};
		${
			ground.preserve
				? 'fetched = vec4(both * under.a, under.a);'
				: 'fetched = vec4(fetched.rgb * (1.0 - under.a) + both * under.a, alpha + under.a - alpha * under.a);'
		}`;
}
