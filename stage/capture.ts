/**
 * What makes a page drivable: it exposes a player, and the host loads jobs into it and takes frames out of it by number.
 *
 * A page keeps nothing between jobs, can draw any frame first, and never looks at a clock.
 */
import { LinearSRGBColorSpace, WebGLRenderer, type WebGLRenderTarget } from 'three';
import { type Finish, type Geometry, type Layout, PLANES_AT_ONCE, PlanePacker } from './planes.js';
import { Ring, SLOTS } from './ring.js';

/** The files of a job, by the names the job uses. */
export class Files {
	readonly #urls: ReadonlyMap<string, string>;

	constructor(urls: Record<string, string>) {
		this.#urls = new Map(Object.entries(urls));
	}

	/**
	 * Where the browser finds a file.
	 *
	 * @throws MissingFile if the job came without it.
	 */
	url(name: string): string {
		const url = this.#urls.get(name);
		if (url === undefined) throw failure('MissingFile', `${name} is not among the job's files`);
		return url;
	}

	/**
	 * All bytes of a file.
	 *
	 * @throws MissingFile if the job came without it.
	 */
	async bytes(name: string): Promise<ArrayBuffer> {
		const response = await fetch(this.url(name));
		if (!response.ok) throw failure('MissingFile', `${name}: ${response.status} ${response.statusText}`);
		return response.arrayBuffer();
	}

	/** Whether the job came with a file of this name. */
	has(name: string): boolean {
		return this.#urls.has(name);
	}
}

/** What a page can do. */
export interface Player<Job> {
	/** Prepare a job. Gives the target that `draw` leaves its picture in: premultiplied, display-referred, 8 bits. */
	load(job: Job, files: Files): Promise<WebGLRenderTarget> | WebGLRenderTarget;
	/** Draw one frame, whichever was drawn before. */
	draw(frame: number): Promise<void> | void;
	/** Draw one frame but for a last step that needs only its own pixel, and give that step; null when the picture is finished. */
	drawUnfinished?(frame: number): Promise<Finish | null>;
	/** Let go of everything that belongs to the job; called also after a `load` that failed. */
	unload(): void;
	/** Pixels that were shaded since the page began, where the player counts them. */
	readonly pixels?: number;
}

/** An error whose name reaches the host as `PageError.name`. */
export function failure(name: string, message: string): Error {
	const error = new Error(message);
	error.name = name;
	return error;
}

/** What the host calls; every answer is plain data. */
interface Stage {
	open(ring: string): Promise<string>;
	load(job: string, files: Record<string, string>): Promise<Outcome<{ width: number; height: number }>>;
	begin(layout: Layout): Promise<Outcome<Geometry & { slots: number }>>;
	play(first: number, count: number): Promise<Outcome<{ played: number }>>;
	rehearse(first: number, count: number): Promise<Outcome<Effort>>;
	stop(): void;
	unload(): Outcome<null>;
}

/** What drawing some frames took: calls of the GL that draw, and pixels that they shaded (0 where the player counts none). */
interface Effort {
	played: number;
	draws: number;
	pixels: number;
}

type Outcome<T> = { value: T } | { error: { name: string; message: string } };

declare global {
	interface Window {
		fancam?: Stage;
	}
}

/**
 * Make this page drivable. Call once.
 *
 * @param make Builds the player on the page's only WebGL context.
 */
export function expose<Job>(make: (renderer: WebGLRenderer) => Player<Job>): void {
	const renderer = new WebGLRenderer({
		canvas: new OffscreenCanvas(1, 1),
		antialias: false,
		depth: false,
		stencil: false,
		powerPreference: 'high-performance',
	});
	renderer.outputColorSpace = LinearSRGBColorSpace; // what is drawn into targets stays as shaders wrote it
	renderer.debug.checkShaderErrors = true;
	renderer.debug.onShaderError = (gl, program, vertex, fragment) => {
		const logs = [gl.getProgramInfoLog(program), gl.getShaderInfoLog(vertex), gl.getShaderInfoLog(fragment)];
		throw new Error(`a shader does not compile: ${logs.filter((log) => log?.trim()).join('; ')}`);
	};
	const gl = renderer.getContext() as WebGL2RenderingContext;
	const buffers = gl.getParameter(gl.MAX_DRAW_BUFFERS) as number;
	if (buffers < PLANES_AT_ONCE)
		throw new Error(`WebGL draws into ${buffers} buffers at once, a picture's planes take ${PLANES_AT_ONCE}`);
	const ring = new Ring(new Worker('ring.js', { type: 'module' }));
	const packer = new PlanePacker(renderer);
	const player = make(renderer);
	let target: WebGLRenderTarget | null = null;
	let geometry: Geometry | null = null;
	let stopped = false;

	/** Draw and wait for the last pixel, without taking frames out: what drawing alone costs. */
	async function rehearse(first: number, count: number): Promise<Effort> {
		if (!target) throw failure('NotLoaded', 'rehearse needs load first');
		const pixel = new Uint8Array(4);
		const shaded = player.pixels ?? 0;
		renderer.info.autoReset = false;
		renderer.info.reset();
		for (let frame = first; frame < first + count; frame++) {
			await player.draw(frame);
			renderer.readRenderTargetPixels(target, 0, 0, 1, 1, pixel);
		}
		return { played: count, draws: renderer.info.render.calls, pixels: (player.pixels ?? 0) - shaded };
	}

	/** Draw a frame; what is taken out as planes of colour alone is finished on its way out. */
	async function drawn(frame: number, layout: Layout): Promise<Finish | null> {
		if (layout === 'opaque' && player.drawUnfinished) return player.drawUnfinished(frame);
		await player.draw(frame);
		return null;
	}

	async function play(first: number, count: number): Promise<{ played: number }> {
		if (!target || !geometry) throw failure('NotLoaded', 'play needs load and begin first');
		const { bytes } = geometry;
		// Two buffers: one is being written by the worker while the next frame is drawn and read into the other.
		const buffers = [0, 1].map(() => Promise.resolve(new ArrayBuffer(bytes)));
		stopped = false;
		let played = 0;
		for (; played < count && !stopped; played++) {
			const finish = await drawn(first + played, geometry.layout);
			const buffer = await (buffers.shift() as Promise<ArrayBuffer>);
			packer.read(target, geometry, new Uint8Array(buffer), finish);
			if (gl.isContextLost()) throw failure('ContextLost', `WebGL's context was lost at frame ${first + played}`);
			const put = ring.put(first + played, buffer);
			put.catch(() => undefined); // looked at when the buffer is wanted again
			buffers.push(put);
		}
		await Promise.all(buffers);
		return { played };
	}

	function unload(): null {
		target = null;
		geometry = null;
		player.unload();
		return null;
	}

	window.fancam = {
		async open(id) {
			await ring.open(id);
			prove(gl);
			renderer.resetState();
			const info = gl.getExtension('WEBGL_debug_renderer_info');
			return String(gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
		},
		load: (job, files) =>
			outcome(async () => {
				target = await player.load(JSON.parse(job) as Job, new Files(files));
				return { width: target.width, height: target.height };
			}),
		begin: (layout) =>
			outcome(async () => {
				if (!target) throw failure('NotLoaded', 'begin needs load first');
				geometry = packer.geometry(target.width, target.height, layout);
				await ring.begin(geometry.bytes);
				return { ...geometry, slots: SLOTS };
			}),
		play: (first, count) => outcome(() => play(first, count)),
		rehearse: (first, count) => outcome(() => rehearse(first, count)),
		stop() {
			stopped = true;
			ring.stop();
		},
		unload() {
			try {
				return { value: unload() };
			} catch (error) {
				return { error: described(error) };
			}
		},
	};
}

/** A context may be lost as soon as it is made, when the browser falls from one way of drawing to the next: draw a pixel. */
function prove(gl: WebGL2RenderingContext): void {
	const pixel = new Uint8Array(4);
	gl.clearColor(1, 0, 0, 1);
	gl.clear(gl.COLOR_BUFFER_BIT);
	gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel);
	if (gl.isContextLost() || pixel[0] !== 255) throw failure('ContextLost', 'WebGL draws nothing');
}

async function outcome<T>(work: () => Promise<T>): Promise<Outcome<T>> {
	try {
		return { value: await work() };
	} catch (error) {
		return { error: described(error) };
	}
}

function described(error: unknown): { name: string; message: string } {
	if (error instanceof Error) return { name: error.name, message: error.message };
	return { name: 'Error', message: String(error) };
}
