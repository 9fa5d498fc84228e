/**
 * Light and shadow of a painted colour, chosen in OKLab (Ottosson 2020), where equal steps look equal: a shadow turns in hue and gains colour,
 * it never only greys.
 */
import { Color } from 'three';

/** Lightness 0 to 1, chroma, hue in radians. */
interface Lch {
	light: number;
	chroma: number;
	hue: number;
}

/** Colours of a recipe are display-referred: three's `Color` holds them as they are written. */
const linear = (value: number): number => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
const encoded = (value: number): number => (value <= 0.0031308 ? value * 12.92 : 1.055 * value ** (1 / 2.4) - 0.055);

/** A display-referred colour in OKLab's cylinder. */
export function toLch({ r, g, b }: Color): Lch {
	const [red, green, blue] = [linear(r), linear(g), linear(b)];
	const l = Math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue);
	const m = Math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue);
	const s = Math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue);
	const across = 1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s;
	const along = 0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s;
	return {
		light: 0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
		chroma: Math.hypot(across, along),
		hue: Math.atan2(along, across),
	};
}

/** The display-referred colour; channels outside the screen's gamut are clipped. */
export function fromLch({ light, chroma, hue }: Lch): Color {
	const [a, b] = [chroma * Math.cos(hue), chroma * Math.sin(hue)];
	const l = (light + 0.3963377774 * a + 0.2158037573 * b) ** 3;
	const m = (light - 0.1055613458 * a - 0.0638541728 * b) ** 3;
	const s = (light - 0.0894841775 * a - 1.291485548 * b) ** 3;
	const channel = (value: number): number => Math.min(1, Math.max(0, encoded(Math.max(0, value))));
	return new Color(
		channel(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
		channel(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
		channel(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
	);
}

const DEGREE = Math.PI / 180;
/** Where brown lies: the hue that a skin too dark to have one is given. */
const BROWN = 52 * DEGREE;
/** From this hue on skin is drawn less yellow than it is. */
const PEACH = 60 * DEGREE;

/**
 * A skin as the stage lights it: the darkest keep room below them for brows, lashes and shadows, and their warmth; what is yellow leans to
 * peach, as skin does in warm light. Order stays; above OKLab lightness 0.52 so does lightness.
 */
export function stageSkin(color: Color): Color {
	const { light, chroma, hue } = toLch(color);
	const depth = Math.max(0, 0.52 - light);
	const warm = Math.min(1, depth / 0.2);
	const own = Math.min(1, chroma / 0.03);
	return fromLch({
		light: light + depth * 0.4,
		chroma: chroma + warm * Math.max(0, 0.058 - chroma) * 0.85,
		hue: BROWN + (hue - BROWN - Math.max(0, hue - PEACH) * 0.55) * own,
	});
}

/** Skin's first shadow: redder and fuller, on dark skin too. */
export function skinShadow(color: Color): Color {
	const { light, chroma, hue } = toLch(color);
	return fromLch({
		light: light * (0.765 + 0.07 * light),
		chroma: chroma * (0.95 + 0.1 * light) + 0.016 + 0.03 * light * light,
		hue: hue + Math.max(-30 * DEGREE, Math.min(0, 38 * DEGREE - hue)) * (0.45 + 0.5 * light),
	});
}

/** What skin shows where the key light meets it: warm on light skin, and on dark skin the cooler gleam that carries its form. */
export function skinGleam(color: Color): Color {
	const { light, chroma, hue } = toLch(color);
	const dark = Math.max(0, Math.min(1, (0.75 - light) / 0.4));
	return fromLch({
		light: Math.min(0.985, light + 0.03 + 0.055 * dark),
		chroma: chroma * (0.92 - 0.12 * dark),
		hue: hue + 4 * DEGREE,
	});
}

/** Shadow of cloth (`depth` about 0.7) and hair (about 0.68): it leans to violet, and a grey one takes a breath of it. */
export function coolShadow(color: Color, depth: number): Color {
	const { light, chroma, hue } = toLch(color);
	const violet = 300 * DEGREE;
	const turn = Math.atan2(Math.sin(violet - hue), Math.cos(violet - hue));
	const grey = Math.max(0, 1 - chroma / 0.035);
	return fromLch({
		light: light * depth,
		chroma: Math.max(chroma * (0.9 + 0.1 * light), 0.022 * (0.4 + light)),
		hue: grey > 0.5 ? violet : hue + Math.max(-0.22, Math.min(0.22, turn)) * Math.min(1, chroma / 0.05),
	});
}
