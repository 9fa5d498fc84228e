/**
 * Writing in any script. The browser shapes and orders the letters; we choose fonts, size and box.
 *
 * A text's own pixels begin at the top left of its box. The box is one em per line high, baseline at 0.85 em, so that equal
 * sizes share a baseline whatever is written; it is as wide as the widest line, or `fit_width_px` where that is given.
 */
import type { ColorJson } from '@fancam/protos/avatar';
import type { TextJson } from '@fancam/protos/shot';
import type { Box } from './space.js';
import { number } from './timeline.js';

/** The built-in family: one look over all scripts, colour emoji last. */
const BUILT_IN = [
	'Noto Sans',
	'Noto Sans Arabic',
	'Noto Sans Devanagari',
	'Noto Sans Hebrew',
	'Noto Sans Thai',
	'Noto Sans CJK JP',
	'Noto Sans CJK KR',
	'Noto Sans CJK SC',
	'Noto Color Emoji',
]
	.map((family) => `"${family}"`)
	.join(', ');

/** Share of an em above the baseline, and from line to line. */
const ASCENT = 0.85;
const LEADING = 1.2;
/** Widest picture of a text, in pixels; more is drawn smaller and enlarged. */
const WIDEST_PX = 4096;
/** Joined letters must stay joined: tracking would tear them. */
const JOINED =
	/[\p{Script=Arabic}\p{Script=Syriac}\p{Script=Mongolian}\p{Script=Nko}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Gurmukhi}\p{Script=Hanifi_Rohingya}]/u;
const RIGHT_TO_LEFT =
	/^[^\p{L}]*[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Adlam}]/u;

/** A text that is laid out and can be drawn at any scale. */
export interface Written {
	/** What the text takes up: its centre is the layer's centre. */
	box: Box;
	/** What is drawn, which may reach beyond the box: strokes, swashes, tall scripts. */
	ink: Box;
	/** Size after fitting, in pixels. */
	sizePx: number;
}

/** Colour as CSS writes it. */
function css(color: ColorJson | undefined, otherwise: string): string {
	if (!color) return otherwise;
	return `rgb(${color.red ?? 0} ${color.green ?? 0} ${color.blue ?? 0})`;
}

/** The text with the fan's name in it, composed, so that equal names have equal pictures. */
export function lines(text: TextJson, name: string): string[] {
	return (text.text ?? '')
		.replaceAll('{name}', name)
		.normalize('NFC')
		.split(/\r\n|\r|\n/);
}

function style(
	pen: OffscreenCanvasRenderingContext2D,
	text: TextJson,
	family: string,
	sizePx: number,
	written: readonly string[],
): void {
	pen.font = `${text.weight || 700} ${sizePx}px ${family ? `"${family}", ` : ''}${BUILT_IN}, sans-serif`;
	pen.letterSpacing = written.some((line) => JOINED.test(line))
		? '0px'
		: `${(number(text.tracking) / 1000) * sizePx}px`;
	pen.textBaseline = 'alphabetic';
	pen.textAlign = 'left';
	pen.fontKerning = 'normal';
	pen.lineJoin = 'round';
}

/**
 * Lay a text out.
 *
 * @param family Name of a font that is loaded, or empty for the built-in family.
 */
export function layOut(text: TextJson, name: string, family: string): Written {
	const pen = surface(1, 1);
	const written = lines(text, name);
	let sizePx = number(text.sizePx);
	const fit = number(text.fitWidthPx);
	const widest = (): number => {
		style(pen, text, family, sizePx, written);
		return Math.max(...written.map((line) => reach(pen, line))) + 2 * strokeOf(text, sizePx);
	};
	let width = widest();
	// Hinting makes widths a little uneven over sizes, so the answer is checked rather than believed.
	for (let attempt = 0; attempt < 8 && fit > 0 && width > fit; attempt++) {
		sizePx *= Math.min(0.999, fit / width);
		width = widest();
	}
	const advance = Math.max(...written.map((line) => pen.measureText(line).width));
	const box = { left: 0, top: 0, width: fit || advance, height: sizePx * (1 + LEADING * (written.length - 1)) };
	let [left, top, right, bottom] = [0, 0, box.width, box.height];
	for (const [row, line] of written.entries()) {
		const metrics = pen.measureText(line);
		const x = start(pen, text, line, box.width);
		const y = baseline(sizePx, row);
		left = Math.min(left, x - metrics.actualBoundingBoxLeft);
		right = Math.max(right, x + metrics.actualBoundingBoxRight, x + metrics.width);
		top = Math.min(top, y - metrics.actualBoundingBoxAscent);
		bottom = Math.max(bottom, y + metrics.actualBoundingBoxDescent);
	}
	const margin = strokeOf(text, sizePx) + 2;
	const ink = {
		left: Math.floor(left - margin),
		top: Math.floor(top - margin),
		width: Math.ceil(right - left + 2 * margin),
		height: Math.ceil(bottom - top + 2 * margin),
	};
	return { box, ink, sizePx };
}

/** Width of what is seen of a line: its advance, or its ink where that is wider. */
function reach(pen: OffscreenCanvasRenderingContext2D, line: string): number {
	const metrics = pen.measureText(line);
	return Math.max(metrics.width, metrics.actualBoundingBoxRight + Math.max(0, metrics.actualBoundingBoxLeft));
}

/** Width of the outline beside the letters; it shrinks with the text. */
function strokeOf(text: TextJson, sizePx: number): number {
	return text.stroke ? (number(text.strokePx) * sizePx) / number(text.sizePx, sizePx) : 0;
}

function baseline(sizePx: number, row: number): number {
	return sizePx * (ASCENT + LEADING * row);
}

function start(pen: OffscreenCanvasRenderingContext2D, text: TextJson, line: string, width: number): number {
	const room = width - pen.measureText(line).width;
	if (text.justification === 'JUSTIFICATION_CENTER') return room / 2;
	return text.justification === 'JUSTIFICATION_RIGHT' ? room : 0;
}

/**
 * Draw a text that is laid out.
 *
 * @param scale Pixels of the picture per pixel of the layer; made smaller where the picture would be too wide.
 * @returns The picture of the ink's box.
 */
export function draw(text: TextJson, name: string, family: string, written: Written, scale: number): OffscreenCanvas {
	const fitting = Math.min(scale, WIDEST_PX / written.ink.width, WIDEST_PX / written.ink.height);
	const width = Math.max(1, Math.ceil(written.ink.width * fitting));
	const height = Math.max(1, Math.ceil(written.ink.height * fitting));
	const pen = surface(width, height);
	const all = lines(text, name);
	pen.scale(width / written.ink.width, height / written.ink.height);
	pen.translate(-written.ink.left, -written.ink.top);
	style(pen, text, family, written.sizePx, all);
	for (const [row, line] of all.entries()) {
		pen.direction = RIGHT_TO_LEFT.test(line) ? 'rtl' : 'ltr';
		const x = start(pen, text, line, written.box.width);
		const y = baseline(written.sizePx, row);
		const stroke = strokeOf(text, written.sizePx);
		if (stroke > 0) {
			pen.strokeStyle = css(text.stroke, 'black');
			pen.lineWidth = 2 * stroke; // half of it is under the fill
			pen.strokeText(line, x, y);
		}
		pen.fillStyle = css(text.fill, 'white');
		pen.fillText(line, x, y);
	}
	return pen.canvas;
}

function surface(width: number, height: number): OffscreenCanvasRenderingContext2D {
	const pen = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
	if (!pen) throw new Error('this browser draws no text');
	return pen;
}
