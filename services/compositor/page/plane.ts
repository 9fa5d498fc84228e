/**
 * One layer alone, where it lies in the output: what blurs it as a whole (its motion, the lens) or changes all of the picture
 * below (stencils) needs it so before it is laid down.
 */
import type { BlendModeJson, MatteKindJson } from '@fancam/protos/shot';
import { Color, HalfFloatType, Matrix3, Matrix4, type Texture, Vector4, type WebGLRenderTarget } from 'three';
import type { Ground } from './blend.js';
import { Brush, canvas, type Input, type Studio, UNIT } from './brush.js';

/** From 0-1 to all of a target. */
export const WHOLE = new Matrix4().set(2, 0, 0, -1, 0, 2, 0, -1, 0, 0, 0, 0, 0, 0, 0, 1);

/** How a lens blurs a flat layer, in the output's pixels. */
export interface Blurring {
	/** Aperture / focus * zoom, and focus: the disc's diameter is `strength * |depth - focus| / depth`. */
	strength: number;
	focus: number;
	/** From clip space's x, y, 1 to 1 / depth. */
	nearness: readonly [number, number, number];
}

/** Places that a lens' disc is read at, on a spiral that fills it evenly (Vogel 1979). */
const TAPS = 96;

/** Reads the plane at the pixel that is drawn. */
const SHARP = /* glsl */ `
	uniform sampler2D picture;
	vec4 fetch(vec2 uv) { return texelFetch(picture, ivec2(gl_FragCoord.xy), 0); }`;

const BLURRED = /* glsl */ `
	uniform sampler2D picture;
	uniform vec4 lens; // strength, focus
	uniform vec3 nearness;
	vec4 fetch(vec2 uv) {
		vec2 size = vec2(textureSize(picture, 0));
		float near = max(dot(nearness, vec3(gl_FragCoord.xy / size * 2.0 - 1.0, 1.0)), 0.0);
		float radius = 0.5 * lens.x * abs(1.0 - lens.y * near);
		if (radius < 0.5) return texelFetch(picture, ivec2(gl_FragCoord.xy), 0);
		vec4 sum = vec4(0.0);
		for (int tap = 0; tap < ${TAPS}; tap++) {
			float away = radius * sqrt((float(tap) + 0.5) / ${TAPS}.0), turn = float(tap) * 2.399963;
			sum += texture(picture, (gl_FragCoord.xy + away * vec2(cos(turn), sin(turn))) / size);
		}
		return sum / ${TAPS}.0;
	}`;

/** How a plane is laid down. */
export interface Laid {
	mode: BlendModeJson;
	matteKind: MatteKindJson;
	ground: Ground;
	opacity: number;
	matte: Texture | null;
	backdrop: Texture | null;
	blurring: Blurring | null;
}

/** The plane of a composition; one layer after another uses it. */
export class Plane {
	readonly #studio: Studio;
	readonly #size: { width: number; height: number };
	readonly #targets = new Map<string, WebGLRenderTarget>();
	readonly #brushes = new Map<string, Brush>();
	readonly #picture = { value: null as Texture | null };
	readonly #lens = { value: new Vector4() };
	readonly #nearness = { value: [0, 0, 1] as readonly number[] };

	constructor(studio: Studio, size: { width: number; height: number }) {
		this.#studio = studio;
		this.#size = size;
	}

	/** The plane, clear; of half floats when many pictures are to be summed up. */
	begin(sums: boolean): WebGLRenderTarget {
		const { width, height } = this.#size;
		const key = sums ? 'sums' : 'plain';
		let target = this.#targets.get(key);
		if (!target) {
			target = sums ? canvas(width, height, HalfFloatType) : this.#studio.canvas(width, height);
			this.#targets.set(key, target);
		}
		this.#studio.wash(target, new Color(0, 0, 0), 0);
		this.#picture.value = target.texture;
		return target;
	}

	/** Lay what is on the plane over a target. */
	lay(frame: number, target: WebGLRenderTarget, laid: Laid): void {
		const { mode, matteKind, ground, blurring } = laid;
		const key = `${mode} ${matteKind} ${ground.transparent} ${ground.preserve} ${blurring !== null}`;
		let brush = this.#brushes.get(key);
		if (!brush) {
			const input: Input = {
				glsl: blurring ? BLURRED : SHARP,
				uniforms: { picture: this.#picture, lens: this.#lens, nearness: this.#nearness },
				opaque: false,
			};
			brush = new Brush(this.#studio, input, [], { mode, matte: matteKind, edges: false, ground });
			this.#brushes.set(key, brush);
		}
		if (blurring) {
			this.#lens.value.set(blurring.strength, blurring.focus, 0, 0);
			this.#nearness.value = blurring.nearness;
		}
		const { opacity, matte, backdrop } = laid;
		brush.set(frame, { toClip: WHOLE, box: UNIT, margin: 0, opacity, matte, backdrop });
		this.#studio.paint(brush, target);
	}

	dispose(): void {
		for (const target of this.#targets.values()) target.dispose();
		for (const brush of this.#brushes.values()) brush.dispose();
	}
}

/** The nearness of a flat layer's points as the screen shows them: 1 / depth is linear there. */
export function nearnessOf(clip: Matrix4): [number, number, number] | null {
	const e = clip.elements;
	const at = (index: number): number => e[index] ?? 0;
	// Columns x, y and 1 of the layer; rows x, y and w of clip space.
	const plane = new Matrix3().set(at(0), at(4), at(12), at(1), at(5), at(13), at(3), at(7), at(15));
	if (Math.abs(plane.determinant()) < 1e-12) return null;
	const back = plane.invert().elements;
	return [back[2] ?? 0, back[5] ?? 0, back[8] ?? 0];
}
