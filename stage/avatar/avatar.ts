/**
 * A fan's avatar: built once from a recipe and its parts, then drawn at any moment, first or not.
 */
import { type BufferGeometry, Group, Matrix4, Mesh, type PerspectiveCamera, Quaternion, Vector2, Vector3 } from 'three';
import { faceSquare } from './bake.js';
import type { Cue } from './choreography.js';
import { type Extent, extentOf, type Reach } from './extent.js';
import {
	type Expression,
	expressFace,
	type FacePaint,
	FRINGE_COLUMNS,
	faceDefines,
	paintFace,
	uniform,
	zonesOf,
} from './face.js';
import { faceMaterial, type Merged, mergeParts } from './geometry.js';
import { type Layer, type LayerMaterials, layerMaterials } from './layers.js';
import type { Part } from './library.js';
import { holdsMicrophone, type Joint, type Moment, Poser } from './pose.js';
import { ANCHORS, type Carried, hang, REACH_M, SPRINGS, STEP_S, STEPS } from './springs.js';
import { lightColor, type StagingValues } from './staging.js';
import { type RecipeColors, SLOTS, type ToonMaterials, toonMaterials } from './toon.js';
import { blinkAt, type Mouth } from './voice.js';

/** A complete recipe: a part per group, 8-bit sRGB colour per slot, weight per morph, amounts from 0 to 1. */
export interface AvatarRecipe {
	parts: Record<string, string>;
	colors: RecipeColors;
	morphs: Record<string, number>;
	amounts: Record<string, number>;
}

/** A moment of the film as the avatar needs it. */
export interface AvatarMoment {
	/** Seconds of the film. */
	seconds: number;
	/** Beats of the dance. */
	beat: number;
	/** Seconds per beat, for hair and cloth that trail behind. */
	beatSeconds: number;
	/** What is danced, in order of beat. */
	dances: readonly Cue[];
	/** The sung mouth, or null when it does not sing. */
	mouth: Mouth | null;
	staging: StagingValues;
	/** Height of the whole picture in pixels, so that outlines never get thinner than one. */
	pictureHeight: number;
}

const NEUTRAL: Expression = {
	openRight: 1, openLeft: 1, smileEyes: 0, browRise: 0.0006, browTilt: 0.02, mouthWide: 1, mouthOpen: 0, mouthRound: 0, mouthSmile: 0.0023,
	blush: 0.32, gaze: new Vector2(), love: 0,
}; // biome-ignore format: a table

const EXPRESSIONS: Record<string, Partial<Expression>> = {
	neutral: {},
	smile: {
		openRight: 0.95,
		openLeft: 0.95,
		browRise: 0.0018,
		browTilt: 0.05,
		mouthWide: 1.16,
		mouthSmile: 0.0044,
		blush: 0.55,
	},
	joy: {
		openRight: 0,
		openLeft: 0,
		smileEyes: 1,
		browRise: 0.003,
		mouthWide: 1.12,
		mouthOpen: 0.013,
		mouthSmile: 0.0042,
		blush: 0.8,
	},
	cool: {
		openRight: 0.82,
		openLeft: 0.82,
		browRise: -0.0004,
		browTilt: -0.02,
		mouthWide: 1.1,
		mouthSmile: 0.0038,
		blush: 0.2,
	},
	wink: {
		openLeft: 0,
		smileEyes: 1,
		browRise: 0.0016,
		mouthWide: 1.1,
		mouthOpen: 0.0075,
		mouthSmile: 0.0042,
		blush: 0.7,
	},
	surprised: {
		openRight: 1.1,
		openLeft: 1.1,
		browRise: 0.006,
		browTilt: 0.06,
		mouthWide: 0.75,
		mouthOpen: 0.011,
		mouthRound: 0.9,
		blush: 0.4,
	},
	shy: {
		openRight: 0.8,
		openLeft: 0.8,
		browRise: 0.0018,
		browTilt: 0.17,
		mouthWide: 0.8,
		mouthSmile: 0.0012,
		blush: 1.1,
		gaze: new Vector2(-0.7, -0.5),
	},
	blink: { openRight: 0, openLeft: 0 },
	love: { browRise: 0.0024, mouthWide: 1.12, mouthOpen: 0.011, mouthSmile: 0.0042, blush: 1.0, love: 1 },
};

const OUTSIDE_FIRST = ['eyewear', 'headwear', 'hair', 'jewellery', 'facial_hair', 'outfit', 'head'];

/** Where the head's slots of hair have their roots, in the head's frame. */
const HAIR_CENTRE = new Vector3(0, 0.145, -0.008);

/** An avatar's merged geometry and colours. */
export interface Figure {
	/** Attributes as `geometry.ts` writes them; `paint.x` is the slot. */
	body: BufferGeometry;
	/** Indices without what is held in hands. */
	withoutProps: number;
	joints: readonly Joint[];
	/** Three numbers per slot, 0 to 1, display-referred. */
	base: readonly number[];
	/** The same in shadow, and the slot's kind: four numbers. */
	shade: readonly number[];
}

/** A built avatar. Add `object` to a scene; call `dispose` at the end. */
export class Avatar {
	readonly object = new Group();
	readonly triangles: number;
	readonly #merged: Merged;
	readonly #materials: ToonMaterials;
	readonly #layers: LayerMaterials;
	readonly #body: Mesh;
	readonly #outline: Mesh;
	readonly #lens: Mesh | null;
	readonly #joints: readonly Joint[];
	readonly #poser: Poser;
	readonly #past: Poser;
	readonly #browY: number;
	readonly #matrix = new Matrix4();
	readonly #anchors: { name: (typeof ANCHORS)[number]; joint: number; bind: Vector3; past: Carried[] }[];
	readonly #springs = Array.from({ length: ANCHORS.length * SPRINGS.length }, () => new Matrix4());

	/**
	 * @param recipe Complete, as the library checks it.
	 * @param parts Its parts, and the head.
	 * @throws RangeError if no part carries the skeleton.
	 */
	constructor(recipe: AvatarRecipe, parts: readonly Part[]) {
		const joints = parts.find((part) => part.skeleton.length)?.skeleton;
		if (!joints) throw new RangeError('no part carries a skeleton');
		this.#joints = joints;
		this.#poser = new Poser(joints);
		this.#past = new Poser(joints);
		this.#anchors = ANCHORS.map((name) => {
			const joint = this.#past.joint(name);
			const past = Array.from({ length: STEPS }, () => ({ turn: new Quaternion(), place: new Vector3() }));
			return { name, joint, bind: (joints[joint] as Joint).bind, past }; // joint() has checked it
		});
		const covered = parts.some((part) => part.extras.covers === 'all');
		// What lies outside is drawn first, so that less is painted over.
		const order = (part: Part): number => OUTSIDE_FIRST.indexOf(part.group);
		const shown = parts.filter((part) => !(covered && part.group === 'hair')).sort((a, b) => order(a) - order(b));
		const paint = paintOf(parts, covered);
		const zone = zonesOf(paint, recipe.morphs);
		this.#merged = mergeParts(shown, joints, { ...recipe.morphs, ...shapesOf(parts) }, zone);
		this.triangles = this.#merged.triangles;
		const coily = shown.some(({ surfaces }) => surfaces.some(({ slot }) => slot === SLOTS.indexOf('hair_matte')));
		this.#materials = toonMaterials(recipe.colors, recipe.amounts, faceDefines(paint), coily);
		paintFace(this.#materials.uniforms, paint, recipe.morphs, recipe.amounts.makeup);
		this.#browY = uniform<Vector3>(this.#materials.uniforms, 'browPose').x;
		const tint = parts.find((part) => part.extras.lens)?.extras.lens as
			| { tint: [number, number, number]; opacity: number }
			| undefined;
		if (tint) (this.#materials.uniforms.lens as { value: number[] }).value = [...tint.tint, tint.opacity];
		this.#layers = layerMaterials(this.#materials.uniforms);
		this.#body = new Mesh(this.#merged.body, this.#materials.body);
		this.#outline = new Mesh(this.#merged.body, this.#materials.outline);
		this.#outline.renderOrder = 1;
		this.#lens = this.#merged.lens ? new Mesh(this.#merged.lens, this.#materials.lens) : null;
		if (this.#lens) this.#lens.renderOrder = 2;
		for (const mesh of [this.#body, this.#outline, this.#lens]) {
			if (!mesh) continue;
			mesh.frustumCulled = false;
			mesh.matrixAutoUpdate = false;
			this.object.add(mesh);
		}
	}

	/**
	 * Draw this layer from now on; a new avatar draws colour.
	 *
	 * @param range Of depth: near and far along the view, metres.
	 */
	show(layer: Layer, range: readonly [number, number] = [0, 1]): void {
		const { body, outline } = this.#materials;
		const { shadow, depth, depthOutline } = this.#layers;
		this.#body.material = layer === 'color' ? body : layer === 'shadow' ? shadow : depth;
		this.#outline.material = layer === 'depth' ? depthOutline : outline;
		this.#outline.visible = layer !== 'shadow';
		if (this.#lens) this.#lens.visible = layer === 'color';
		(this.#materials.uniforms.depthRange as { value: number[] }).value = [...range];
	}

	/** Pose, express and light the avatar for a moment seen by a camera. */
	update(moment: AvatarMoment, camera: PerspectiveCamera): void {
		const { uniforms } = this.#materials;
		const look = camera.position;
		this.#poser.pose(this.#at(moment, 0, look));
		const bones = (uniforms.bones as { value: Float32Array }).value;
		this.#joints.forEach((_, i) => {
			const { elements } = this.#bone(i);
			for (let k = 0; k < 12; k++) bones[12 * i + k] = elements[4 * (k % 4) + Math.floor(k / 4)] ?? 0;
		});
		this.#hang(moment, look);
		this.#light(moment, camera);
		this.#express(moment, look);
		const props = holdsMicrophone(this.#at(moment, 0, look));
		const { body, order } = this.#merged;
		const head = this.#poser.joint('head');
		const turn = this.#poser.turns[head] as Quaternion; // one per joint
		const seen = look.clone().sub(this.#poser.places[head] as Vector3);
		order.towards(seen.applyQuaternion(turn.clone().invert()).normalize());
		body.setDrawRange(0, props ? Number.POSITIVE_INFINITY : this.#merged.withoutProps);
	}

	/**
	 * What the avatar may cover as posed by the last `update`, never too small.
	 *
	 * @param shadow Whether its shadow on the floor counts.
	 */
	extent(camera: PerspectiveCamera, width: number, height: number, shadow = false): Extent {
		const light = shadow ? uniform<Vector3>(this.#materials.uniforms, 'keyDirection') : null;
		const bone = (joint: number): Matrix4 => this.#bone(joint);
		const swing = (reach: Reach): number => this.#swing(reach);
		return extentOf(this.#merged.reaches, bone, swing, camera, width, height, light);
	}

	/** What other programs' files are made of; owned by the avatar. */
	get figure(): Figure {
		const { body, withoutProps } = this.#merged;
		const { uniforms } = this.#materials;
		const { baseColors, shadowColors } = uniforms as Record<string, { value: number[] }>;
		return {
			body,
			withoutProps,
			joints: this.#joints,
			base: baseColors?.value ?? [],
			shade: shadowColors?.value ?? [],
		};
	}

	/** Let the eyes look straight ahead until the next `update`. */
	lookAhead(): void {
		uniform<Vector2>(this.#materials.uniforms, 'gaze').set(0, 0);
	}

	/** A square with the face as it is after the last `update`: see `bake.ts`. Dispose its geometry and material. */
	faceSquare(): Mesh {
		const { uniforms, body } = this.#materials;
		return faceSquare(uniforms, body[faceMaterial(0)]?.defines ?? {}, SLOTS.indexOf('face'));
	}

	/** Let go of everything on the GPU. */
	dispose(): void {
		this.#merged.body.dispose();
		this.#merged.lens?.dispose();
		for (const material of this.#materials.body) material.dispose();
		this.#materials.outline.dispose();
		this.#materials.lens.dispose();
		for (const material of Object.values(this.#layers)) material.dispose();
	}

	/** The furthest that springs move what is fully loose in a reach, metres. */
	#swing({ anchor, loose }: Reach): number {
		if (loose.isEmpty()) return 0;
		const { min: low, max: high } = loose;
		const corner = new Vector3();
		let furthest = 0;
		for (const { elements: e } of this.#springs.slice(anchor * SPRINGS.length, (anchor + 1) * SPRINGS.length)) {
			for (let k = 0; k < 8; k++) {
				corner.set(k & 1 ? high.x : low.x, k & 2 ? high.y : low.y, k & 4 ? high.z : low.z);
				const move = (row: number): number =>
					(e[row] ?? 0) * corner.x + (e[row + 4] ?? 0) * corner.y + (e[row + 8] ?? 0) * corner.z + (e[row + 12] ?? 0);
				furthest = Math.max(furthest, Math.hypot(move(0), move(1), move(2)));
			}
		}
		return Math.min(REACH_M, furthest) * 1.2; // and the rise of what swings
	}

	#bone(i: number): Matrix4 {
		const { bind } = this.#joints[i] as Joint; // i counts joints
		const place = this.#poser.places[i] as Vector3;
		const turn = this.#poser.turns[i] as Quaternion;
		const origin = bind.clone().negate().applyQuaternion(turn).add(place);
		return this.#matrix.makeRotationFromQuaternion(turn).setPosition(origin);
	}

	#at(moment: AvatarMoment, ago: number, look: Vector3): Moment {
		return {
			dances: moment.dances,
			beat: moment.beat - ago / moment.beatSeconds,
			seconds: moment.seconds - ago,
			microphone: moment.staging.microphone ?? false,
			singing: moment.mouth ? Math.min(1, moment.mouth.open / 0.02) : 0,
			look,
		};
	}

	/** Loose things hang where their springs' memory of the joints puts them. */
	#hang(moment: AvatarMoment, look: Vector3): void {
		for (let k = 0; k < STEPS; k++) {
			this.#past.trunk(this.#at(moment, k * STEP_S, look));
			for (const { joint, past } of this.#anchors) {
				const then = past[k] as Carried; // STEPS of them
				then.turn.copy(this.#past.turns[joint] as Quaternion);
				then.place.copy(this.#past.places[joint] as Vector3);
			}
		}
		const springs = uniform<Float32Array>(this.#materials.uniforms, 'springs');
		this.#anchors.forEach(({ name, bind, past }, anchor) => {
			const matrices = this.#springs.slice(anchor * SPRINGS.length, (anchor + 1) * SPRINGS.length);
			hang(name, bind, past, matrices);
		});
		this.#springs.forEach((matrix, i) => {
			matrix.toArray(springs, 16 * i);
		});
		for (const joint of ['hips', 'neck'] as const) {
			const place = this.#poser.places[this.#poser.joint(joint)] as Vector3;
			uniform<Vector3>(this.#materials.uniforms, `${joint}Place`).copy(place);
		}
	}

	#light({ staging, pictureHeight }: AvatarMoment, camera: PerspectiveCamera): void {
		const { uniforms } = this.#materials;
		const head = this.#poser.joint('head');
		const turn = this.#poser.turns[head] as Quaternion;
		uniform<Vector3>(uniforms, 'hairCentre')
			.copy(HAIR_CENTRE)
			.applyQuaternion(turn)
			.add(this.#poser.places[head] as Vector3);
		uniform<Vector3>(uniforms, 'headUp').set(0, 1, 0).applyQuaternion(turn);
		uniform<Vector3>(uniforms, 'eyePosition').copy(camera.position);
		const toCamera = camera.position.clone().sub(this.#poser.places[head] as Vector3);
		const azimuth = Math.atan2(toCamera.x, toCamera.z) + (Number(staging.keyAzimuthDeg ?? 0) * Math.PI) / 180;
		const rise = 0.62;
		uniform<Vector3>(uniforms, 'keyDirection').set(
			Math.sin(azimuth) * Math.cos(rise),
			Math.sin(rise),
			Math.cos(azimuth) * Math.cos(rise),
		);
		// Which side of the face it comes from: the nose shades the other.
		const right = new Vector3(1, 0, 0).applyQuaternion(turn);
		const side = right.dot(uniform<Vector3>(uniforms, 'keyDirection'));
		(uniforms.keySide as { value: number }).value = Math.abs(side) < 0.12 ? -0.6 : Math.sign(side);
		uniform<Vector3>(uniforms, 'keyLight').copy(lightColor(staging.keyLight, [1, 1, 1]));
		uniform<Vector3>(uniforms, 'rimLight').copy(lightColor(staging.rimLight, [0.72, 0.78, 1]));
		uniform<Vector3>(uniforms, 'fillLight').copy(lightColor(staging.fillLight, [0.87, 0.87, 0.9]));
		const near = Math.min(1, Math.max(0, (2.6 - toCamera.length()) / 1.6));
		const tangent = Math.tan(((camera.fov / 2) * Math.PI) / 180);
		(uniforms.outlineWidth as { value: number }).value =
			tangent * Math.max(0.0026 + 0.0009 * near, 2.3 / pictureHeight);
	}

	#express(moment: AvatarMoment, look: Vector3): void {
		const asked = EXPRESSIONS[moment.staging.expression || 'neutral'] ?? {};
		const face: Expression = { ...NEUTRAL, ...asked, gaze: (asked.gaze ?? NEUTRAL.gaze).clone() };
		const blink = blinkAt(moment.seconds);
		face.openRight *= blink;
		face.openLeft *= blink;
		if (moment.mouth) {
			const share = Math.min(1, moment.mouth.open / 0.004 + moment.mouth.round);
			face.mouthOpen = Math.max(moment.mouth.open, face.mouthOpen * (1 - share) * 0.4);
			face.mouthWide = moment.mouth.wide * (1 + (face.mouthWide - 1) * 0.5);
			face.mouthRound = moment.mouth.round;
			face.browRise += Math.min(0.0022, moment.mouth.open * 0.12);
		}
		const head = this.#poser.joint('head');
		const eyes = new Vector3(0, 0.09, 0.06)
			.applyQuaternion(this.#poser.turns[head] as Quaternion)
			.add(this.#poser.places[head] as Vector3);
		const to = look
			.clone()
			.sub(eyes)
			.applyQuaternion((this.#poser.turns[head] as Quaternion).clone().invert())
			.normalize();
		face.gaze.x += Math.max(-1, Math.min(1, Math.atan2(to.x, to.z) / 0.5)) * 0.9;
		face.gaze.y += Math.max(-1, Math.min(1, Math.asin(to.y) / 0.45)) * 0.7;
		expressFace(this.#materials.uniforms, face, this.#browY);
	}
}

/** Weights of the head's own shapes that parts ask for, such as a nose's profile. */
function shapesOf(parts: readonly Part[]): Record<string, number> {
	return Object.assign({}, ...parts.map((part) => part.extras.shape ?? {}));
}

function paintOf(parts: readonly Part[], covered: boolean): FacePaint {
	const painted = (group: string): unknown => parts.find((part) => part.group === group)?.extras.paint;
	const paint = (group: string): unknown => {
		const found = painted(group);
		if (!found) throw new RangeError(`the recipe has no part of group ${group}`);
		return found;
	};
	const stubble = parts.map((part) => part.extras.stubble).find((value) => typeof value === 'number');
	// The lowest edge shades: a brim's is one height, hair's a profile; hair under a scarf shades nothing.
	const edges = parts
		.filter((part) => !(covered && part.group === 'hair'))
		.map((part) => part.extras.fringe as number | number[] | undefined);
	const fringe = Array.from({ length: FRINGE_COLUMNS }, (_, k) =>
		Math.min(1, ...edges.map((edge) => (typeof edge === 'number' ? edge : (edge?.[k] ?? 1)))),
	);
	return {
		eyes: paint('eyes') as FacePaint['eyes'],
		brows: paint('brows') as FacePaint['brows'],
		mouth: paint('mouth') as FacePaint['mouth'],
		nose: paint('nose') as FacePaint['nose'],
		marks: painted('marks') as FacePaint['marks'],
		makeup: painted('makeup') as FacePaint['makeup'],
		stubble: Number(stubble ?? 0),
		fringe,
	};
}
