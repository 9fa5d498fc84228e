/**
 * Writing in any script. The browser shapes and orders the letters; we choose fonts, size and box.
 *
 * A text's own pixels begin at the top left of its box. The box is one em per line high, baseline at 0.85 em, so that equal
 * sizes share a baseline whatever is written; it is as wide as the widest line, or `fit_width_px` where that is given.
 */
import type { ColorJson } from '@fancam/protos/avatar';
import type { TextJson } from '@fancam/protos/shot';
import { Vector3 } from 'three';
import { type Counts, type Motion, motionOf, type Part } from './animators.js';
import { css, cssOf } from './colour-space.js';
import type { Drawing } from './drawn.js';
import type { Box } from './space.js';
import { number, Signature } from './timeline.js';

type Pen = OffscreenCanvasRenderingContext2D;

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
/** Joined letters must stay joined: tracking would tear them. */
const JOINED =
	/[\p{Script=Arabic}\p{Script=Syriac}\p{Script=Mongolian}\p{Script=Nko}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Gurmukhi}\p{Script=Hanifi_Rohingya}]/u;
const RIGHT_TO_LEFT =
	/^[^\p{L}]*[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Adlam}]/u;
/** Frames that are looked at to find out how far animated letters fly. */
const LOOKS = 60;

/** A text that is laid out. */
interface Written {
	/** What the text takes up: its centre is the layer's centre. */
	box: Box;
	/** What is drawn when nothing is animated, which may reach beyond the box: strokes, swashes, tall scripts. */
	ink: Box;
	/** Size after fitting, in pixels, and from line to line. */
	sizePx: number;
	leadingPx: number;
	lines: readonly string[];
}

/** A part of a line that animators move as one. */
interface Letter extends Part {
	text: string;
	/** Where it begins in its line, before animation, and how wide it is. */
	x: number;
	width: number;
}

/** A text layer's drawing. */
export class TextDrawing implements Drawing {
	readonly box: Box;
	readonly centre: readonly [number, number];
	readonly empty: boolean;
	readonly #text: TextJson;
	readonly #family: string;
	readonly #written: Written;
	readonly #signature: Signature;
	readonly #letters: readonly Letter[] = [];
	readonly #counts: Counts = { characters: 0, inked: 0, words: 0, lines: 0 };

	/**
	 * @param family Name of a font that is loaded, or empty for the built-in family.
	 * @param span First frame on which the layer is seen, and the first on which it is not.
	 */
	constructor(text: TextJson, name: string, family: string, span: readonly [number, number]) {
		this.#text = text;
		this.#family = family;
		this.#written = layOut(text, name, family);
		this.#signature = new Signature(text.animators ?? []);
		this.empty = this.#written.lines.every((line) => line.trim() === '');
		const { box } = this.#written;
		this.centre = [box.left + box.width / 2, box.top + box.height / 2];
		if (text.animators?.length) {
			[this.#letters, this.#counts] = letters(this.#pen(surface()), this.#written);
			this.box = this.#reach(span);
		} else {
			this.box = this.#written.ink;
		}
	}

	signature(frame: number): string {
		return this.#signature.at(frame);
	}

	draw(pen: Pen, frame: number): void {
		this.#pen(pen);
		if (this.#text.animators?.length) {
			for (const flight of this.#flights(pen, frame)) this.#drawLetter(pen, flight);
			return;
		}
		for (const [row, line] of this.#written.lines.entries()) {
			pen.direction = RIGHT_TO_LEFT.test(line) ? 'rtl' : 'ltr';
			const x = start(this.#text, pen.measureText(line).width, this.#written.box.width);
			this.#write(pen, line, x, baseline(this.#written, row), {
				fill: this.#text.fill ? cssOf(this.#text.fill) : 'white',
				stroke: cssOf(this.#text.stroke),
				width: strokeOf(this.#text, this.#written.sizePx),
			});
		}
	}

	#pen(pen: Pen): Pen {
		style(pen, this.#text, this.#family, this.#written.sizePx, this.#written.lines);
		return pen;
	}

	#write(pen: Pen, text: string, x: number, y: number, look: { fill: string; stroke: string; width: number }): void {
		pen.fillStyle = look.fill;
		pen.strokeStyle = look.stroke;
		pen.lineWidth = 2 * look.width; // half of it is under the fill, or over it
		const outlined = look.width > 0;
		if (outlined && !this.#text.strokeOverFill) pen.strokeText(text, x, y);
		pen.fillText(text, x, y);
		if (outlined && this.#text.strokeOverFill) pen.strokeText(text, x, y);
	}

	/** Where every letter is at a frame. */
	#flights(pen: Pen, frame: number): { letter: Letter; motion: Motion; x: number; y: number }[] {
		const { sizePx, box } = this.#written;
		const plain = {
			fill: share(this.#text.fill, 1),
			stroke: share(this.#text.stroke, 0),
			strokeWidth: strokeOf(this.#text, sizePx),
		};
		const flights = this.#letters.map((letter) => ({
			letter,
			motion: motionOf(this.#text.animators ?? [], letter, this.#counts, plain, frame),
			x: 0,
			y: baseline(this.#written, letter.line),
		}));
		for (let line = 0; line < this.#counts.lines; line++) {
			const own = flights.filter(({ letter }) => letter.line === line);
			const width = pen.measureText(this.#written.lines[line] ?? '').width;
			const spread = own.reduce((sum, { motion }) => sum + (motion.tracking / 1000) * sizePx, 0);
			const from = start(this.#text, width + spread, box.width);
			const backwards = RIGHT_TO_LEFT.test(this.#written.lines[line] ?? '');
			let tracked = 0;
			for (const flight of own) {
				const after = (flight.motion.tracking / 1000) * sizePx;
				flight.x = from + flight.letter.x + (backwards ? spread - tracked - after : tracked);
				tracked += after;
			}
		}
		return flights;
	}

	#drawLetter(pen: Pen, { letter, motion, x, y }: { letter: Letter; motion: Motion; x: number; y: number }): void {
		if (motion.opacity <= 0 || letter.text.trim() === '') return;
		const { sizePx } = this.#written;
		pen.save();
		pen.direction = RIGHT_TO_LEFT.test(letter.text) ? 'rtl' : 'ltr';
		pen.textAlign = 'left';
		pen.globalAlpha = motion.opacity;
		// A canvas blurs in its own pixels.
		const scale = pen.getTransform().a;
		if (motion.blur > 0) pen.filter = `blur(${motion.blur * scale}px)`;
		pen.translate(x + letter.width / 2 + motion.x, y + motion.y);
		pen.rotate((motion.rotation * Math.PI) / 180);
		pen.transform(1, 0, Math.tan((-motion.skew * Math.PI) / 180), 1, 0, 0);
		pen.scale(motion.scaleX, motion.scaleY);
		pen.translate(-motion.anchorX, -motion.anchorY);
		this.#write(pen, letter.text, -letter.width / 2, 0, {
			fill: css(new Vector3(...motion.fill)),
			stroke: css(new Vector3(...motion.stroke)),
			width: Math.min(motion.strokeWidth, sizePx),
		});
		pen.restore();
	}

	/** The box of all that letters ever cover. */
	#reach([first, end]: readonly [number, number]): Box {
		const pen = this.#pen(surface());
		const { ink, sizePx } = this.#written;
		let { left, top } = ink;
		let [right, bottom] = [left + ink.width, top + ink.height];
		const stride = this.#signature.still ? Math.max(1, end - first) : Math.max(1, Math.floor((end - first) / LOOKS));
		for (let frame = first; frame < end; frame += stride) {
			for (const { letter, motion, x, y } of this.#flights(pen, frame)) {
				const size = Math.max(Math.abs(motion.scaleX), Math.abs(motion.scaleY));
				const far =
					Math.hypot(letter.width / 2 + Math.abs(motion.anchorX), 1.2 * sizePx + Math.abs(motion.anchorY)) * size +
					motion.strokeWidth * size +
					3 * motion.blur;
				const [middle, height] = [x + letter.width / 2 + motion.x, y + motion.y];
				left = Math.min(left, middle - far);
				right = Math.max(right, middle + far);
				top = Math.min(top, height - far);
				bottom = Math.max(bottom, height + far);
			}
		}
		[left, top] = [Math.floor(left), Math.floor(top)];
		return { left, top, width: Math.ceil(right - left), height: Math.ceil(bottom - top) };
	}
}

/** The parts of a text that animators move, with their places. */
function letters(pen: Pen, written: Written): [Letter[], Counts] {
	const segmenter = (granularity: 'grapheme' | 'word'): Intl.Segmenter =>
		new Intl.Segmenter(undefined, { granularity });
	const found: Letter[] = [];
	let [word, inked] = [-1, 0];
	for (const [line, content] of written.lines.entries()) {
		const whole = JOINED.test(content);
		const parts = whole
			? content.split(/(\s+)/).filter((part) => part !== '')
			: [...segmenter('grapheme').segment(content)].map(({ segment }) => segment);
		const total = pen.measureText(content).width;
		const backwards = RIGHT_TO_LEFT.test(content);
		let [before, inWord] = ['', false];
		for (const text of parts) {
			const space = text.trim() === '';
			if (!space && (!inWord || whole)) word++;
			inWord = !space;
			const width = pen.measureText(text).width;
			before += text;
			const reached = pen.measureText(before).width; // with the kerning before it
			found.push({
				text,
				x: backwards ? total - reached : reached - width,
				width,
				line,
				word: space ? -1 : word,
				character: found.length,
				inked: space ? -1 : inked++,
			});
		}
	}
	return [found, { characters: found.length, inked, words: word + 1, lines: written.lines.length }];
}

function share(color: ColorJson | undefined, otherwise: number): [number, number, number] {
	if (!color) return [otherwise, otherwise, otherwise];
	return [(color.red ?? 0) / 255, (color.green ?? 0) / 255, (color.blue ?? 0) / 255];
}

/** The text with the fan's name in it, composed, so that equal names have equal pictures. */
function paragraphs(text: TextJson, name: string): string[] {
	const written = (text.text ?? '').replaceAll('{name}', name).normalize('NFC');
	return (text.allCaps ? written.toLocaleUpperCase('und') : written).split(/\r\n|\r|\n/);
}

function style(pen: Pen, text: TextJson, family: string, sizePx: number, written: readonly string[]): void {
	pen.font = `${text.weight || 700} ${sizePx}px ${family ? `"${family}", ` : ''}${BUILT_IN}, sans-serif`;
	pen.letterSpacing = written.some((line) => JOINED.test(line))
		? '0px'
		: `${(number(text.tracking) / 1000) * sizePx}px`;
	pen.textBaseline = 'alphabetic';
	pen.textAlign = 'left';
	pen.fontKerning = 'normal';
	pen.lineJoin = 'round';
}

function layOut(text: TextJson, name: string, family: string): Written {
	const pen = surface();
	const unbroken = paragraphs(text, name);
	let sizePx = number(text.sizePx);
	let lines: readonly string[] = unbroken;
	const fit = number(text.fitWidthPx);
	const room = number(text.boxWidthPx);
	const widest = (): number => {
		style(pen, text, family, sizePx, unbroken);
		lines = room > 0 ? unbroken.flatMap((line) => broken(pen, line, room)) : unbroken;
		return Math.max(...lines.map((line) => reach(pen, line))) + 2 * strokeOf(text, sizePx);
	};
	let width = widest();
	// Hinting makes widths a little uneven over sizes, so the answer is checked rather than believed.
	for (let attempt = 0; attempt < 8 && fit > 0 && width > fit; attempt++) {
		sizePx *= Math.min(0.999, fit / width);
		width = widest();
	}
	const leadingPx = text.leadingPx ? (number(text.leadingPx) * sizePx) / number(text.sizePx, sizePx) : sizePx * LEADING;
	const advance = Math.max(...lines.map((line) => pen.measureText(line).width));
	const box = { left: 0, top: 0, width: fit || room || advance, height: sizePx + leadingPx * (lines.length - 1) };
	const written: Written = { box, ink: box, sizePx, leadingPx, lines };
	let [left, top, right, bottom] = [0, 0, box.width, box.height];
	for (const [row, line] of lines.entries()) {
		const metrics = pen.measureText(line);
		const x = start(text, metrics.width, box.width);
		const y = baseline(written, row);
		left = Math.min(left, x - metrics.actualBoundingBoxLeft);
		right = Math.max(right, x + metrics.actualBoundingBoxRight, x + metrics.width);
		top = Math.min(top, y - metrics.actualBoundingBoxAscent);
		bottom = Math.max(bottom, y + metrics.actualBoundingBoxDescent);
	}
	const margin = strokeOf(text, sizePx) + 2;
	written.ink = {
		left: Math.floor(left - margin),
		top: Math.floor(top - margin),
		width: Math.ceil(right - left + 2 * margin),
		height: Math.ceil(bottom - top + 2 * margin),
	};
	return written;
}

/** A paragraph as lines no wider than the room, broken where its script breaks; a word that is too wide stays whole. */
function broken(pen: Pen, paragraph: string, room: number): string[] {
	const lines: string[] = [];
	let line = '';
	for (const { segment } of new Intl.Segmenter(undefined, { granularity: 'word' }).segment(paragraph)) {
		const longer = line + segment;
		if (line.trim() !== '' && pen.measureText(longer.trimEnd()).width > room) {
			lines.push(line.trimEnd());
			line = segment.trimStart();
		} else {
			line = longer;
		}
	}
	return [...lines, line.trimEnd()];
}

/** Width of what is seen of a line: its advance, or its ink where that is wider. */
function reach(pen: Pen, line: string): number {
	const metrics = pen.measureText(line);
	return Math.max(metrics.width, metrics.actualBoundingBoxRight + Math.max(0, metrics.actualBoundingBoxLeft));
}

/** Width of the outline beside the letters; it shrinks with the text. */
function strokeOf(text: TextJson, sizePx: number): number {
	return text.stroke ? (number(text.strokePx) * sizePx) / number(text.sizePx, sizePx) : 0;
}

function baseline({ sizePx, leadingPx }: Written, row: number): number {
	return sizePx * ASCENT + leadingPx * row;
}

function start(text: TextJson, lineWidth: number, width: number): number {
	const room = width - lineWidth;
	if (text.justification === 'JUSTIFICATION_CENTER') return room / 2;
	return text.justification === 'JUSTIFICATION_RIGHT' ? room : 0;
}

function surface(): Pen {
	const pen = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
	if (!pen) throw new Error('this browser draws no text');
	return pen;
}
