/** The live stage: one avatar on a canvas, seen from anywhere, exchanged without leaving anything behind. */
import {
	Avatar,
	type AvatarRecipe,
	type Cue,
	type Dance,
	Lips,
	type Part,
	readPart,
	type StagingValues,
} from '@fancam/stage/avatar';
import { LinearSRGBColorSpace, PerspectiveCamera, Scene, Vector3, WebGLRenderer } from 'three';
import { OrbitControls } from 'three/addons/controls/OrbitControls.js';

/** Where the camera stands: the whole figure, and the face. */
const VIEWS = {
	figure: { from: new Vector3(0.35, 1.0, 4.3), at: new Vector3(0, 0.76, 0) },
	face: { from: new Vector3(0.22, 1.46, 1.25), at: new Vector3(0, 1.38, 0) },
} as const;

const TEMPO_BPM = 118;

/** Eight beats of "la", for lips without a song. */
const LALA = Array.from({ length: 8 }, (_, k) => {
	const start = Math.round((k * 60 * 48_000) / TEMPO_BPM);
	return { startSamples: start, endSamples: start + 19_000, visemes: ['l', 'aeiou'[k % 5]].join('') };
});
const LALA_S = (8 * 60) / TEMPO_BPM;

/** Draws an avatar live. Dispose at the end. */
export class Show {
	readonly #renderer: WebGLRenderer;
	readonly #scene = new Scene();
	readonly #camera = new PerspectiveCamera(28, 1, 0.05, 60);
	readonly #controls: OrbitControls;
	readonly #lips = new Lips(LALA);
	readonly #parts = new Map<string, Promise<Part>>();
	#avatar: Avatar | null = null;
	#cues: Cue[];
	#asked = 0;
	#seconds = 0;
	#last = 0;
	#frames = 0;
	#counted = 0;
	#fps = 0;
	/** Whether time stands still. */
	paused = false;
	/** Whether the mouth sings. */
	sings = false;
	expression = '';

	/**
	 * @param canvas What is drawn on.
	 * @param first The dance it begins with.
	 * @param fetchPart Fetches `<group>/<part>`.
	 */
	constructor(
		canvas: HTMLCanvasElement,
		first: Dance,
		readonly fetchPart: (group: string, id: string) => Promise<ArrayBuffer>,
	) {
		this.#cues = [{ beat: Number.NEGATIVE_INFINITY, dance: first, blendBeats: 0 }];
		this.#renderer = new WebGLRenderer({ canvas, antialias: true, alpha: true, powerPreference: 'high-performance' });
		this.#renderer.outputColorSpace = LinearSRGBColorSpace; // shaders write what is displayed
		this.#renderer.autoClear = false;
		this.#renderer.setClearColor(0, 0);
		this.#controls = new OrbitControls(this.#camera, canvas);
		Object.assign(this.#controls, { enablePan: false, enableDamping: true, minDistance: 0.7, maxDistance: 6 });
		this.#controls.maxPolarAngle = Math.PI * 0.55;
		this.#controls.listenToKeyEvents(canvas);
		canvas.addEventListener('keydown', (event) => this.#key(event));
		this.look('figure');
	}

	/** Stand where this view is seen from. */
	look(view: keyof typeof VIEWS): void {
		this.#camera.position.copy(VIEWS[view].from);
		this.#controls.target.copy(VIEWS[view].at);
		this.#controls.update();
	}

	/** Blend over to another dance within a beat. */
	dance(dance: Dance): void {
		const beat = this.#beat();
		this.#cues = [...this.#cues.slice(-1), { beat, dance, blendBeats: 1 }];
	}

	/** Show a recipe in place of the last one, of which nothing remains. A later call overtakes an earlier one. */
	async wear(recipe: AvatarRecipe): Promise<void> {
		this.#asked += 1;
		const asked = this.#asked;
		const chosen = Object.entries({ head: 'head', ...recipe.parts });
		const parts = await Promise.all(chosen.map(([group, id]) => this.#part(group, id)));
		if (asked !== this.#asked) return;
		const before = this.#avatar;
		if (before) this.#scene.remove(before.object);
		this.#avatar = new Avatar(recipe, parts);
		this.#scene.add(this.#avatar.object);
		this.draw();
		before?.dispose(); // after the new one was drawn, so that programs both need are kept
	}

	/** Draw a frame now, at the time that the clock of the dance shows. */
	draw(): void {
		if (!this.#avatar) return;
		const canvas = this.#renderer.domElement;
		const ratio = Math.min(2, window.devicePixelRatio);
		const [width, height] = [canvas.clientWidth, canvas.clientHeight];
		if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
			this.#renderer.setPixelRatio(ratio);
			this.#renderer.setSize(width, height, false);
			this.#camera.aspect = width / height;
		}
		this.#camera.updateProjectionMatrix();
		this.#camera.updateMatrixWorld(true);
		const staging: StagingValues = { expression: this.expression, sings: this.sings };
		this.#avatar.update(
			{
				seconds: this.#seconds,
				beat: this.#beat(),
				beatSeconds: 60 / TEMPO_BPM,
				dances: this.#cues,
				mouth: this.sings ? this.#lips.at(this.#seconds % LALA_S) : null,
				staging,
				pictureHeight: canvas.height,
			},
			this.#camera,
		);
		this.#renderer.clear();
		this.#avatar.show('shadow');
		this.#renderer.render(this.#scene, this.#camera);
		this.#renderer.clearDepth();
		this.#avatar.show('color');
		this.#renderer.render(this.#scene, this.#camera);
	}

	/** Draw from now on whenever the screen wants a picture. */
	run(): void {
		this.#renderer.setAnimationLoop((now) => {
			const elapsed = Math.min(0.1, (now - this.#last) / 1000);
			this.#last = now;
			if (!this.paused) this.#seconds += elapsed;
			this.#controls.update();
			this.draw();
			this.#frames += 1;
			if (now - this.#counted > 1000) {
				this.#fps = (this.#frames * 1000) / (now - this.#counted);
				[this.#frames, this.#counted] = [0, now];
			}
		});
	}

	/** Stand at a time of the film, in seconds, with a camera there, and draw that. */
	at(
		seconds: number,
		position: readonly [number, number, number],
		target: readonly [number, number, number],
		fov: number,
	): void {
		this.#renderer.setAnimationLoop(null);
		this.#seconds = seconds;
		this.#camera.fov = fov;
		this.#camera.position.set(...position);
		this.#camera.lookAt(...target);
		this.draw();
	}

	/** What the renderer holds, and how fast it draws. */
	figures(): { geometries: number; textures: number; programs: number; triangles: number; calls: number; fps: number } {
		const { memory, render, programs } = this.#renderer.info;
		const { geometries, textures } = memory;
		const { calls } = render;
		return {
			geometries,
			textures,
			programs: programs?.length ?? 0,
			triangles: this.#avatar?.triangles ?? 0,
			calls,
			fps: this.#fps,
		};
	}

	/** Let go of everything. */
	dispose(): void {
		this.#renderer.setAnimationLoop(null);
		this.#controls.dispose();
		this.#avatar?.dispose();
		this.#renderer.dispose();
	}

	#beat(): number {
		return (this.#seconds * TEMPO_BPM) / 60;
	}

	#part(group: string, id: string): Promise<Part> {
		const name = `${group}/${id}`;
		const known = this.#parts.get(name) ?? this.fetchPart(group, id).then((glb) => readPart(group, id, glb));
		this.#parts.delete(name);
		this.#parts.set(name, known); // the latest is the last to go
		for (const old of [...this.#parts.keys()].slice(0, Math.max(0, this.#parts.size - 48))) this.#parts.delete(old);
		return known;
	}

	#key(event: KeyboardEvent): void {
		const turn = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
		const near = { '+': 0.9, '=': 0.9, '-': 1.1 }[event.key];
		const away = this.#camera.position.clone().sub(this.#controls.target);
		if (turn) away.applyAxisAngle(new Vector3(0, 1, 0), turn * 0.15);
		else if (near) away.multiplyScalar(near);
		else return;
		this.#camera.position.copy(this.#controls.target).add(away);
		event.preventDefault();
	}
}
