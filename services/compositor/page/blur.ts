/** A Gaussian blur in two passes, on a copy that is halved until the kernel is wide enough. */
import { type Texture, Vector2, type WebGLRenderTarget } from 'three';
import { Brush, filling, type Input, type Look, type Studio, textured, UNIT } from './brush.js';

export const PLAIN: Look = { mode: 'replace', matte: 'MATTE_KIND_UNSPECIFIED', edges: false };

/** Widest deviation that the kernel holds, in its own pixels; wider blurs run on smaller copies. */
const WIDEST_DEVIATION = 4;
/** Pairs of taps on each side of the kernel: three deviations. */
const PAIRS = 6;

/** Blurs textures of one size. */
export class GaussianBlur {
	readonly #studio: Studio;
	readonly #size: { width: number; height: number };
	readonly #read = { value: null as Texture | null };
	readonly #taps = Array.from({ length: PAIRS + 1 }, () => new Vector2());
	readonly #direction = { value: new Vector2() };
	/** How the row that is read follows from the row that is drawn. */
	readonly #rows = { value: new Vector2(1, 0) };
	readonly #levels: [WebGLRenderTarget, WebGLRenderTarget][] = [];
	readonly #copy: Brush;
	readonly #kernel: Brush;

	constructor(studio: Studio, size: { width: number; height: number }) {
		this.#studio = studio;
		this.#size = size;
		const rows = 'vec2(uv.x, uv.y * rows.x + rows.y)';
		const copied: Input = {
			opaque: false,
			glsl: `uniform vec2 rows; ${textured(this.#read, false, rows).glsl}`,
			uniforms: { picture: this.#read, rows: this.#rows },
		};
		this.#copy = new Brush(studio, copied, [], PLAIN);
		this.#kernel = new Brush(
			studio,
			{
				glsl: /* glsl */ `
					uniform sampler2D picture;
					uniform vec2 taps[${PAIRS + 1}]; // distance in texels, weight
					uniform vec2 direction, rows;
					vec4 fetch(vec2 uv) {
						uv = ${rows};
						vec4 sum = texture(picture, uv) * taps[0].y;
						for (int i = 1; i <= ${PAIRS}; i++) {
							vec2 away = direction * taps[i].x;
							sum += (texture(picture, uv + away) + texture(picture, uv - away)) * taps[i].y;
						}
						return sum;
					}`,
				uniforms: {
					picture: this.#read,
					taps: { value: this.#taps },
					direction: this.#direction,
					rows: this.#rows,
				},
				opaque: false,
			},
			[],
			PLAIN,
		);
	}

	/**
	 * Blur a texture.
	 *
	 * @param deviation In pixels of the blur's size.
	 * @param upside Whether the texture's first row is its lowest; the result's is its top.
	 * @returns The texture itself where the blur would not be seen and nothing is upside down.
	 */
	run(texture: Texture | null, deviation: number, upside: boolean): Texture | null {
		if (deviation < 0.05 && !upside) return texture;
		const pass = { toClip: filling(UNIT), box: UNIT, margin: 0, opacity: 1 };
		let result = texture;
		let turn = upside;
		const paint = (brush: Brush, target: WebGLRenderTarget): void => {
			this.#read.value = result;
			this.#rows.value.set(turn ? -1 : 1, turn ? 1 : 0);
			brush.set(0, pass);
			this.#studio.paint(brush, target);
			result = target.texture;
			turn = false;
		};
		if (deviation < 0.05) {
			paint(this.#copy, this.#level(0)[0]);
			return result;
		}
		const halvings = Math.max(0, Math.ceil(Math.log2(deviation / WIDEST_DEVIATION)));
		for (let step = 1; step <= halvings; step++) paint(this.#copy, this.#level(step)[0]);
		weigh(this.#taps, deviation / 2 ** halvings);
		const [first, second] = this.#level(halvings);
		// The way there goes through `second`, as `first` may be what is read.
		this.#direction.value.set(1 / second.width, 0);
		paint(this.#kernel, second);
		this.#direction.value.set(0, 1 / first.height);
		paint(this.#kernel, first);
		return result;
	}

	dispose(): void {
		for (const target of this.#levels.flat()) target.dispose();
		this.#copy.dispose();
		this.#kernel.dispose();
	}

	#level(number: number): [WebGLRenderTarget, WebGLRenderTarget] {
		const { width, height } = this.#size;
		this.#levels[number] ??= [0, 1].map(() => this.#studio.canvas(width / 2 ** number, height / 2 ** number)) as [
			WebGLRenderTarget,
			WebGLRenderTarget,
		];
		return this.#levels[number];
	}
}

/** Distances and weights of a Gaussian whose taps are read two at a time, between texels. */
function weigh(taps: Vector2[], deviation: number): void {
	const weight = (distance: number): number => Math.exp(-(distance ** 2) / (2 * deviation ** 2));
	let sum = 1;
	for (let pair = 1; pair < taps.length; pair++) {
		const near = weight(2 * pair - 1);
		const far = weight(2 * pair);
		taps[pair]?.set(near + far > 0 ? 2 * pair - 1 + far / (near + far) : 2 * pair - 1, near + far);
		sum += 2 * (near + far);
	}
	taps[0]?.set(0, 1);
	for (const tap of taps) tap.y /= sum;
}
