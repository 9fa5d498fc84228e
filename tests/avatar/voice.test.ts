import { expect, test } from 'vitest';
import { blinkAt, Lips } from '../../stage/avatar/voice.js';

const SECOND = 48_000;
const LINE = new Lips([
	{ startSamples: SECOND, endSamples: 2 * SECOND, visemes: 'la' },
	{ startSamples: String(2 * SECOND), endSamples: String(3 * SECOND), visemes: 'mu' },
	{ startSamples: 4 * SECOND, endSamples: 5 * SECOND, visemes: 'i' },
]);

test('the mouth is closed before, between and after notes', () => {
	for (const seconds of [0.5, 3.5, 6]) expect(LINE.at(seconds)).toMatchObject({ open: 0, round: 0 });
});

test('a vowel opens the mouth, and each in its own way', () => {
	const [a, u, i] = [1.4, 2.5, 4.5].map((seconds) => LINE.at(seconds));
	expect(a?.open).toBeGreaterThan(0.015);
	expect(u?.round).toBeGreaterThan(0.9);
	expect(u?.wide).toBeLessThan(a?.wide ?? 0);
	expect(i?.wide).toBeGreaterThan(1.15);
});

test('the lips meet for an m', () => {
	expect(LINE.at(2.03).open).toBeLessThan(LINE.at(1.6).open / 3);
});

test('numbers that came as text are numbers', () => {
	expect(LINE.at(2.5).open).toBeGreaterThan(0.005);
});

test('nothing jumps from frame to frame', () => {
	for (let frame = 1; frame < 150; frame++) {
		const [before, after] = [LINE.at((frame - 1) / 24), LINE.at(frame / 24)];
		expect(Math.abs(after.open - before.open)).toBeLessThan(0.0135);
	}
});

test('eyes are open most of the time, and shut now and then', () => {
	const open = Array.from({ length: 2400 }, (_, frame) => blinkAt(frame / 24));
	expect(open.filter((value) => value === 1).length).toBeGreaterThan(2000);
	expect(open.filter((value) => value < 0.2).length).toBeGreaterThan(30);
	expect(Math.min(...open)).toBeGreaterThanOrEqual(0);
});
