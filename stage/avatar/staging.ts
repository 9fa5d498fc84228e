/** Staging at a frame: keyframed camera and lights, as After Effects and Lottie move values. */
import { Vector3 } from 'three';

/** `fancam.v1.Property` in JSON; see `protos/fancam/v1/shot.proto`. */
export interface KeyedValue {
	value?: (number | string)[];
	keyframes?: {
		frame?: number | string;
		value?: (number | string)[];
		easeOut?: { x?: number | string; y?: number | string };
		easeIn?: { x?: number | string; y?: number | string };
		hold?: boolean;
	}[];
}

/** 8-bit sRGB. */
export interface Rgb8 {
	red?: number;
	green?: number;
	blue?: number;
}

/** `fancam.v1.Staging` in JSON. */
export interface StagingValues {
	dance?: string;
	tempoBpm?: number | string;
	sings?: boolean;
	cameraPosition?: KeyedValue;
	cameraTarget?: KeyedValue;
	fieldOfViewDeg?: number | string;
	keyLight?: Rgb8;
	rimLight?: Rgb8;
	fillLight?: Rgb8;
	keyAzimuthDeg?: number | string;
	expression?: string;
	microphone?: boolean;
}

const LINEAR_OUT = { x: 0, y: 0 };
const LINEAR_IN = { x: 1, y: 1 };

/** Value of a property at a frame, one number per axis. */
export function propertyAt(property: KeyedValue | undefined, frame: number, fallback: readonly number[]): number[] {
	const keys = property?.keyframes ?? [];
	const numbers = (values: (number | string)[] | undefined): number[] => (values ?? []).map(Number);
	const first = keys[0];
	if (!first) return property?.value?.length ? numbers(property.value) : [...fallback];
	const at = (k: number): number => Number(keys[k]?.frame ?? 0);
	if (frame <= at(0)) return numbers(first.value);
	let k = keys.length - 1;
	while (k > 0 && at(k) > frame) k--;
	const from = keys[k];
	const to = keys[k + 1];
	if (!from || !to || from.hold) return numbers(from?.value);
	const f = (frame - at(k)) / (at(k + 1) - at(k));
	const out = from.easeOut ?? LINEAR_OUT;
	const into = from.easeIn ?? LINEAR_IN;
	const eased = bezier(f, Number(out.x ?? 0), Number(out.y ?? 0), Number(into.x ?? 1), Number(into.y ?? 1));
	const start = numbers(from.value);
	return numbers(to.value).map((end, axis) => (start[axis] ?? 0) + (end - (start[axis] ?? 0)) * eased);
}

/** The share of value at share `f` of time on the curve (0,0) (x1,y1) (x2,y2) (1,1). */
export function bezier(f: number, x1: number, y1: number, x2: number, y2: number): number {
	if (x1 === y1 && x2 === y2) return f;
	let low = 0;
	let high = 1;
	const point = (t: number, a: number, b: number): number =>
		3 * (1 - t) * (1 - t) * t * a + 3 * (1 - t) * t * t * b + t * t * t;
	for (let i = 0; i < 40; i++) {
		const middle = (low + high) / 2;
		if (point(middle, x1, x2) < f) low = middle;
		else high = middle;
	}
	return point((low + high) / 2, y1, y2);
}

/** Default camera: the whole avatar from the front. */
export const DEFAULT_POSITION = [0, 0.95, 3.8] as const;
export const DEFAULT_TARGET = [0, 0.82, 0] as const;

/** A light's colour, 0 to 1. */
export function lightColor(color: Rgb8 | undefined, fallback: readonly [number, number, number]): Vector3 {
	if (!color) return new Vector3(...fallback);
	return new Vector3((color.red ?? 0) / 255, (color.green ?? 0) / 255, (color.blue ?? 0) / 255);
}
