/**
 * The renderer's page: draws one avatar, frame by frame, for a pass or a still.
 *
 * Jobs: `region` measures what part of the composition the avatar covers over a range of frames and answers with a picture of six pixels, each
 * a number (red * 256 + green): left, top, width, height, and the nearest and furthest centimetre. `pass` draws one layer of that region.
 * `faces` draws all expressions flat, in cells of the region's size: what other programs paint the face with.
 */
import { expose, type Files, failure } from '@fancam/stage';
import {
	ATLAS,
	Avatar,
	type AvatarRecipe,
	blinkAt,
	type Cue,
	type Dance,
	DEFAULT_POSITION,
	DEFAULT_TARGET,
	EdgeSmoother,
	type Extent,
	FACES,
	type Layer,
	Lips,
	type NoteValues,
	type Part,
	propertyAt,
	readPart,
	type StagingValues,
} from '@fancam/stage/avatar';
import { Color, type Material, PerspectiveCamera, Scene, type WebGLRenderer, WebGLRenderTarget } from 'three';

interface Region {
	left: number;
	top: number;
	width: number;
	height: number;
}

interface Job {
	kind: 'region' | 'pass' | 'faces';
	/** Names one avatar: its recipe and library. Kept warm from job to job. */
	avatar: string;
	recipe: AvatarRecipe;
	staging: StagingValues;
	/** From which frame of the shot each dance is danced, and over how many beats it blends in; the first one from always. */
	dances: { frame: number; dance: Dance; blendBeats: number }[];
	/** What is drawn. */
	layer: Layer;
	/** Of depth: metres along the view. */
	depth: [number, number];
	/** Whether the region holds the shadow as well. */
	shadow: boolean;
	/** Whether colour is divided by alpha. */
	straight: boolean;
	/** Of the composition, pixels. */
	width: number;
	height: number;
	region: Region;
	/** Film frame that is the shot's frame 0. */
	shotStart: number;
	/** Film frames that a drawing is held; what is drawn is counted in drawings, from the shot's frame 0. */
	hold: number;
	/** Frames that a region is measured over, film numbers. */
	first: number;
	frames: number;
	frameRate: { numerator: number; denominator: number };
	tempoBpm: number;
	notes: NoteValues[];
	/** Samples per pixel: 4 for stills; 0 smooths edges afterwards instead, which software GL draws three times as fast. */
	samples: number;
}

/** The dance's phase does not depend on the shot: it is in time with the song's beat. */
function secondsOf(job: Job, frame: number): number {
	return (frame * job.frameRate.denominator) / job.frameRate.numerator;
}

/** What is covered of a region, in whole pixels of the region; at least one. */
function within({ left, top, right, bottom }: Extent, region: Region): Region {
	const [x, y] = [Math.floor(left) - region.left, Math.floor(top) - region.top].map((at) => Math.max(0, at)) as [
		number,
		number,
	];
	const [endX, endY] = [
		Math.min(region.width, Math.ceil(right) - region.left),
		Math.min(region.height, Math.ceil(bottom) - region.top),
	];
	return { left: x, top: y, width: Math.max(1, endX - x), height: Math.max(1, endY - y) };
}

/** The film frame whose moment a drawing shows: the middle of those that show it, so that lips are at most one frame off. */
function frameOf({ shotStart, hold }: Job, drawing: number): number {
	return shotStart + drawing * hold + Math.floor((hold - 1) / 2);
}

class Renderer {
	readonly #renderer: WebGLRenderer;
	readonly #scene = new Scene();
	readonly #camera = new PerspectiveCamera(30, 1, 0.05, 60);
	#avatar: Avatar | null = null;
	/** The avatar before, kept until the new one was drawn, so that shaders both need are compiled once. */
	#retired: Avatar | null = null;
	#avatarName = '';
	#job: Job | null = null;
	#lips: Lips | null = null;
	#target: WebGLRenderTarget | null = null;
	#smoother: EdgeSmoother | null = null;
	#measured: number[] | null = null;
	#cues: readonly Cue[] = [];

	constructor(renderer: WebGLRenderer) {
		this.#renderer = renderer;
		renderer.setClearColor(0, 0);
		renderer.autoClear = false;
		renderer.sortObjects = false; // the avatar's order is nearest first
	}

	async load(job: Job, files: Files): Promise<WebGLRenderTarget> {
		this.#job = job;
		this.#lips = job.staging.sings ? new Lips(job.notes) : null;
		this.#cues = job.dances.map(({ frame, dance, blendBeats }) => {
			return { beat: (secondsOf(job, job.shotStart + frame) * job.tempoBpm) / 60, dance, blendBeats };
		});
		if (this.#avatarName !== job.avatar) {
			this.#retire();
			this.#avatar = new Avatar(job.recipe, await this.#parts(job, files));
			this.#avatarName = job.avatar;
			this.#scene.add(this.#avatar.object);
		}
		if (job.kind === 'region') {
			this.#target = new WebGLRenderTarget(6, 2, { depthBuffer: false });
			this.#measured = this.#measure(job);
		} else if (job.kind === 'faces') {
			const { width, height } = job.region;
			this.#target = new WebGLRenderTarget(ATLAS * width, ATLAS * height, { depthBuffer: false, samples: job.samples });
		} else {
			const { width, height } = job.region;
			this.#target = new WebGLRenderTarget(width, height, { samples: job.samples });
			this.#smoother = job.samples ? null : new EdgeSmoother(width, height, job.straight);
			this.#avatar?.show(job.layer, job.depth);
		}
		return this.#target;
	}

	draw(drawing: number): void {
		const { target, job, avatar } = this.#loaded();
		if (this.#measured) {
			this.#spell(target, this.#measured);
			return;
		}
		if (job.kind === 'faces') {
			this.#faces(job, target);
			return;
		}
		this.#stage(job, frameOf(job, drawing));
		const { left, top, width, height } = job.region;
		const covered = avatar.extent(this.#camera, job.width, job.height, job.layer === 'shadow');
		this.#camera.setViewOffset(job.width, job.height, left, top, width, height);
		const box = within(covered, job.region);
		this.#clear(this.#smoother?.source ?? target, box);
		this.#renderer.render(this.#scene, this.#camera);
		if (this.#smoother) {
			this.#clear(target, box);
			this.#smoother.smooth(this.#renderer, target);
		}
		this.#retired?.dispose();
		this.#retired = null;
	}

	/** Draw into a cleared target from now on, and only into the box. */
	#clear(target: WebGLRenderTarget, box: Region): void {
		target.scissorTest = false;
		this.#renderer.setRenderTarget(target);
		this.#renderer.setClearColor(0, 0);
		this.#renderer.clear();
		target.scissorTest = true;
		target.scissor.set(box.left, target.height - box.top - box.height, box.width, box.height);
		this.#renderer.setRenderTarget(target);
	}

	unload(): void {
		this.#target?.dispose();
		this.#target = null;
		this.#smoother?.dispose();
		this.#smoother = null;
		this.#job = null;
		this.#lips = null;
		this.#measured = null;
	}

	#loaded(): { target: WebGLRenderTarget; job: Job; avatar: Avatar } {
		if (!this.#target || !this.#job || !this.#avatar) throw failure('NotLoaded', 'there is no job');
		return { target: this.#target, job: this.#job, avatar: this.#avatar };
	}

	#retire(): void {
		if (this.#avatar) this.#scene.remove(this.#avatar.object);
		this.#retired?.dispose();
		this.#retired = this.#avatar;
		this.#avatar = null;
		this.#avatarName = '';
	}

	async #parts(job: Job, files: Files): Promise<Part[]> {
		const chosen = Object.entries({ head: 'head', ...job.recipe.parts });
		return Promise.all(chosen.map(async ([group, id]) => readPart(group, id, await files.bytes(`${group}/${id}`))));
	}

	/** Put camera, pose and light where they are at a frame of the film. */
	#stage(job: Job, frame: number): void {
		const { avatar } = this.#loaded();
		const { staging } = job;
		const shotFrame = frame - job.shotStart;
		const [px = 0, py = 0, pz = 0] = propertyAt(staging.cameraPosition, shotFrame, DEFAULT_POSITION);
		const [tx = 0, ty = 0, tz = 0] = propertyAt(staging.cameraTarget, shotFrame, DEFAULT_TARGET);
		const camera = this.#camera;
		camera.clearViewOffset();
		camera.fov = Number(staging.fieldOfViewDeg ?? 0) || 30;
		camera.aspect = job.width / job.height;
		camera.position.set(px, py, pz);
		camera.lookAt(tx, ty, tz);
		camera.updateProjectionMatrix();
		camera.updateMatrixWorld(true);
		const seconds = secondsOf(job, frame);
		avatar.update(
			{
				seconds,
				beat: (seconds * job.tempoBpm) / 60,
				beatSeconds: 60 / job.tempoBpm,
				dances: this.#cues,
				mouth: this.#lips?.at(seconds) ?? null,
				staging,
				pictureHeight: job.height,
			},
			camera,
		);
	}

	/** The even-sided region that holds the avatar on every frame; at least 16 pixels each way, as encoders want. */
	#measure(job: Job): number[] {
		const { avatar } = this.#loaded();
		let [left, top, right, bottom, near, far] = [job.width, job.height, 0, 0, 655, 0];
		const drawingAt = (frame: number): number => Math.floor((frame - job.shotStart) / job.hold);
		for (let drawing = drawingAt(job.first); drawing <= drawingAt(job.first + job.frames - 1); drawing++) {
			this.#stage(job, frameOf(job, drawing));
			const covered = avatar.extent(this.#camera, job.width, job.height, job.shadow);
			left = Math.min(left, covered.left);
			top = Math.min(top, covered.top);
			right = Math.max(right, covered.right);
			bottom = Math.max(bottom, covered.bottom);
			near = Math.min(near, covered.near);
			far = Math.max(far, covered.far);
		}
		const span = (low: number, high: number, size: number): [number, number] => {
			let from = Math.max(0, Math.floor(low / 2) * 2);
			let to = Math.min(size, Math.ceil(high / 2) * 2);
			if (to - from < 16) {
				from = Math.max(0, Math.min(from, size - 16));
				to = Math.min(size, from + 16);
			}
			return [from, to - from];
		};
		const [x, width] = span(left, right, job.width);
		const [y, height] = span(top, bottom, job.height);
		return [x, y, width, height, Math.floor(near * 100), Math.min(65_535, Math.ceil(far * 100))];
	}

	/** Draw every face of `FACES` into its cell, eyes straight ahead. */
	#faces(job: Job, target: WebGLRenderTarget): void {
		const { avatar } = this.#loaded();
		const { width, height } = job.region;
		const staging: StagingValues = {
			cameraPosition: { value: [0, 1.43, 4] },
			cameraTarget: { value: [0, 1.43, 0] },
		};
		const square = avatar.faceSquare();
		const scene = new Scene().add(square);
		FACES.forEach((face, number) => {
			const vowel = { aa: 'a', ih: 'i', ou: 'u', ee: 'e', oh: 'o' }[face as string];
			const expression = { blink: 'blink', happy: 'joy', surprised: 'surprised' }[face as string] ?? 'neutral';
			const note = { startSamples: 0, endSamples: 480_000, visemes: vowel ?? '' };
			this.#lips = vowel ? new Lips([note]) : null;
			this.#stage({ ...job, staging: { ...staging, expression, sings: vowel !== undefined } }, this.#awake(job));
			avatar.lookAhead();
			target.viewport.set((number % ATLAS) * width, (ATLAS - 1 - Math.floor(number / ATLAS)) * height, width, height);
			this.#renderer.setRenderTarget(target);
			this.#renderer.render(scene, this.#camera);
		});
		square.geometry.dispose();
		(square.material as Material).dispose();
	}

	/** A frame of the first seconds at which the eyes are open. */
	#awake(job: Job): number {
		let frame = 24;
		while (blinkAt(secondsOf(job, frame)) < 1) frame++;
		return frame;
	}

	/** Write numbers into the pixels of a small target. */
	#spell(target: WebGLRenderTarget, numbers: readonly number[]): void {
		numbers.forEach((value, i) => {
			target.scissorTest = true;
			target.scissor.set(i, 0, 1, 2);
			this.#renderer.setRenderTarget(target);
			this.#renderer.setClearColor(new Color().setRGB((value >> 8) / 255, (value & 255) / 255, 0), 1);
			this.#renderer.clear();
		});
	}
}

expose<Job>((renderer) => new Renderer(renderer));
