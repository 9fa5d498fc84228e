/** Colours as documents give them, as shaders and CSS take them, and the curves and primaries of their spaces. */
import type { ColorJson } from '@fancam/protos/avatar';
import type { ColorSpaceJson } from '@fancam/protos/shot';
import { Vector3 } from 'three';

/** A colour as red, green and blue at 0-1; where there is none, a grey. */
export function rgb(color: ColorJson | undefined, otherwise = 0): Vector3 {
	if (!color) return new Vector3(otherwise, otherwise, otherwise);
	return new Vector3((color.red ?? 0) / 255, (color.green ?? 0) / 255, (color.blue ?? 0) / 255);
}

/** A colour of 0 to 1 as CSS writes it. */
export function css({ x, y, z }: Vector3): string {
	const part = (share: number): number => Math.round(255 * Math.min(1, Math.max(0, share)));
	return `rgb(${part(x)} ${part(y)} ${part(z)})`;
}

/** A document's colour as CSS writes it; black where there is none. */
export function cssOf(color: ColorJson | undefined, alpha = 1): string {
	return `rgb(${color?.red ?? 0} ${color?.green ?? 0} ${color?.blue ?? 0} / ${alpha})`;
}

/** GLSL that takes a straight colour of a space to another's numbers: `vec3 convert(vec3 c)`; null where nothing changes. */
export function conversion(from: ColorSpaceJson | undefined, linear: boolean): string | null {
	const space = from ?? 'COLOR_SPACE_UNSPECIFIED';
	const plainSpace = space === 'COLOR_SPACE_UNSPECIFIED' || space === 'COLOR_SPACE_SRGB';
	if (plainSpace && !linear) return null;
	const decoded: Record<ColorSpaceJson, string> = {
		COLOR_SPACE_UNSPECIFIED: 'decodeSrgb(c)',
		COLOR_SPACE_SRGB: 'decodeSrgb(c)',
		COLOR_SPACE_REC709: 'pow(max(c, 0.0), vec3(2.4))',
		// Display P3 to sRGB's primaries, both of white D65 (SMPTE EG 432-1; IEC 61966-2-1).
		COLOR_SPACE_DISPLAY_P3: `mat3(1.2249401, -0.0420569, -0.0196376, -0.2249404, 1.0420571, -0.0786361,
			0.0, 0.0, 1.0982735) * decodeSrgb(c)`,
		COLOR_SPACE_LINEAR_SRGB: 'c',
	};
	return /* glsl */ `
		${SRGB}
		vec3 convert(vec3 c) { return ${linear ? decoded[space] : `encodeSrgb(${decoded[space]})`}; }`;
}

/** sRGB's curve, both ways (IEC 61966-2-1). */
export const SRGB = /* glsl */ `
	vec3 decodeSrgb(vec3 c) { return mix(c / 12.92, pow((max(c, 0.0) + 0.055) / 1.055, vec3(2.4)), step(0.04045, c)); }
	vec3 encodeSrgb(vec3 c) {
		c = clamp(c, 0.0, 1.0);
		return mix(12.92 * c, 1.055 * pow(c, vec3(1.0 / 2.4)) - 0.055, step(0.0031308, c));
	}`;
