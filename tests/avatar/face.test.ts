/** The face in numbers: whatever part and morphs a recipe names, features keep apart. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Color, Vector2 } from 'three';
import { expect, test } from 'vitest';
import { FACE_LIMITS, type FacePaint, faceDefines, featuresOf, ZONES, zonesOf } from '../../stage/avatar/face.js';
import { fromLch, skinGleam, skinShadow, stageSkin, toLch } from '../../stage/avatar/ramp.js';

const LIBRARY = join(import.meta.dirname, '../../stage/avatar/library');
const catalogue = JSON.parse(readFileSync(join(LIBRARY, 'catalogue.json'), 'utf8'));

/** What the parts of a painted group carry. */
function paints<Group extends 'eyes' | 'brows' | 'mouth' | 'nose'>(group: Group): [string, FacePaint[Group]][] {
	const folder = join(LIBRARY, 'dist', 'plain', group);
	return readdirSync(folder).map((file) => {
		const data = readFileSync(join(folder, file));
		const document = JSON.parse(data.subarray(20, 20 + data.readUInt32LE(12)).toString());
		return [file, document.nodes[0].extras.paint];
	});
}

/** All corners of the morphs that move painted features, and the middle. */
function corners(): Record<string, number>[] {
	const names = [
		'eye_spacing',
		'eye_opening',
		'eye_tilt',
		'brow_height',
		'forehead_height',
		'lip_width',
		'lip_fullness',
	];
	return [
		{},
		...Array.from({ length: 2 ** names.length }, (_, k) =>
			Object.fromEntries(names.map((name, i) => [name, (k >> i) & 1 ? 1 : -1])),
		),
	];
}

test('no eyes, brows and morphs together make features touch or an eye stare', () => {
	const [, mouth] = paints('mouth')[0] as [string, FacePaint['mouth']];
	const [, nose] = paints('nose')[0] as [string, FacePaint['nose']];
	const wrong: string[] = []; // one `expect` for the hundred thousand faces, which are looked at in a blink so
	for (const [eyesName, eyes] of paints('eyes')) {
		for (const [browsName, brows] of paints('brows')) {
			for (const morphs of corners()) {
				const paint: FacePaint = { eyes, brows, mouth, nose, stubble: 0, fringe: [] };
				const { eye, brow } = featuresOf(paint, morphs);
				const lid = eye.y + eye.height * (1 - eyes.lower) * 1.05;
				const kept = {
					'eyes part': 2 * (eye.x - eye.halfWidth) >= FACE_LIMITS.betweenEyes - 1e-9,
					'eyes on the face': eye.x + eye.halfWidth <= FACE_LIMITS.outerCorner + 1e-9,
					'no eye stares': eye.height <= FACE_LIMITS.roundestEye * 2 * eye.halfWidth + 1e-9,
					'brows over the lid': brow.y - brow.halfThick - lid >= FACE_LIMITS.belowBrow - 1e-9,
					'brows part': brow.x - brow.halfLength - brows.inner > 0,
					'irises in the eye': eye.iris < eye.halfWidth,
				};
				for (const [rule, holds] of Object.entries(kept)) {
					if (!holds) wrong.push(`${rule}: ${eyesName} ${browsName} ${JSON.stringify(morphs)}`);
				}
			}
		}
	}
	expect(wrong.slice(0, 8)).toEqual([]);
});

test('a part of the face is painted with the features that reach it, and with no others', () => {
	const [eyes, brows, mouth, nose] = (['eyes', 'brows', 'mouth', 'nose'] as const).map(
		(group) => paints(group)[0]?.[1],
	);
	const paint = { eyes, brows, mouth, nose, stubble: 0, fringe: [] } as unknown as FacePaint;
	const zone = zonesOf(paint, {});
	const { eye, brow, noseTip } = featuresOf(paint, {});
	const around = (x: number, y: number): (typeof ZONES)[number] | undefined =>
		ZONES[zone([new Vector2(x - 0.001, y), new Vector2(x + 0.001, y), new Vector2(x, y + 0.001)])];
	const [all, , , none] = ZONES;
	for (const side of [-1, 1]) {
		expect(around(side * eye.x, eye.y)).toEqual({ BARE_BELOW: '' });
		expect(around(side * brow.x, brow.y)).toEqual({ BARE_BELOW: '' });
		expect(around(side * 0.065, 0.03)).toEqual(none);
		expect(around(side * 0.02, 0.185)).toEqual(none);
	}
	expect(around(0, 0.0345)).toEqual({ BARE_ABOVE: '' });
	expect(around(0, noseTip)).not.toHaveProperty('BARE_BELOW');
	// What spans half of the face is painted with everything.
	expect(ZONES[zone([new Vector2(-0.05, 0.02), new Vector2(0.05, 0.02), new Vector2(0, 0.12)])]).toEqual(all);
});

test('every mouth stays below every nose and above the chin, with any lips', () => {
	const [, eyes] = paints('eyes')[0] as [string, FacePaint['eyes']];
	const [, brows] = paints('brows')[0] as [string, FacePaint['brows']];
	const wrong: string[] = [];
	for (const [mouthName, mouth] of paints('mouth')) {
		for (const [noseName, nose] of paints('nose')) {
			for (const nose_length of [-1, 1]) {
				for (const morphs of corners()) {
					const at = featuresOf({ eyes, brows, mouth, nose, stubble: 0, fringe: [] }, { ...morphs, nose_length });
					const upperEdge = 0.0345 + 0.0024 + 0.002 * at.mouth.upper;
					const kept =
						at.noseTip - 0.0079 > upperEdge + 0.0005 &&
						0.0345 - 0.0026 - 0.0032 * at.mouth.lower > 0.02 &&
						at.mouth.halfWidth < 0.032;
					if (!kept) wrong.push(`${mouthName} ${noseName} ${JSON.stringify({ ...morphs, nose_length })}`);
				}
			}
		}
	}
	expect(wrong.slice(0, 8)).toEqual([]);
});

test('a face is compiled with what it has and nothing else', () => {
	const bare = {} as FacePaint;
	expect(faceDefines(bare)).toEqual({});
	expect(faceDefines({ ...bare, marks: { moles: [[0, 0.1, 0.001]] } })).toEqual({ MOLES: '' });
	expect(faceDefines({ ...bare, makeup: { shadow: 1, liner: 0, blush: 0, lips: 0 } })).toEqual({ MAKEUP: '' });
});

const rgb = (text: string): Color => {
	const value = Number.parseInt(text.slice(1), 16);
	return new Color((value >> 16) / 255, ((value >> 8) & 255) / 255, (value & 255) / 255);
};

test('colours come back from OKLab as they went', () => {
	for (const text of ['#f6ede4', '#292420', '#c0392b', '#1f6feb', '#00ff7f', '#808080']) {
		const back = fromLch(toLch(rgb(text)));
		const own = rgb(text);
		for (const channel of ['r', 'g', 'b'] as const) expect(back[channel]).toBeCloseTo(own[channel], 4);
	}
});

test('shadows of every skin are darker, as full of colour, and redder; darker tones stay darker', () => {
	for (const undertone of ['cool', 'neutral', 'warm']) {
		let before = Number.POSITIVE_INFINITY;
		for (const tone of catalogue.skin_tones[undertone]) {
			const skin = stageSkin(rgb(tone));
			const [lit, shade, gleam] = [toLch(skin), toLch(skinShadow(skin)), toLch(skinGleam(skin))];
			const said = `${undertone} ${tone}`;
			expect(shade.light, said).toBeLessThan(lit.light * 0.86);
			expect(shade.chroma, said).toBeGreaterThan(lit.chroma * 0.95);
			expect(shade.hue, said).toBeLessThanOrEqual(lit.hue + 1e-3);
			expect(shade.chroma, `${said}: a grey shadow`).toBeGreaterThan(0.03);
			expect(gleam.light, said).toBeGreaterThan(lit.light);
			if (tone !== catalogue.skin_tones[undertone][2]) expect(lit.light, said).toBeLessThan(before + 0.008);
			before = lit.light;
		}
	}
});
