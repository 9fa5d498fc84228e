/**
 * A finished avatar as VRM 1.0: humanoid bones in a T-pose, toon materials, expressions, hair and skirt on spring bones.
 *
 * Colours come from a palette, a texel per slot, so that the whole body is one draw. The face is `bake.ts`'s atlas: an expression
 * shifts its UV to another cell, which every VRM viewer can do.
 */
import { type BufferGeometry, Matrix4, Vector3 } from 'three';
import type { Figure } from './avatar.js';
import { ATLAS, FACES, FRAME } from './bake.js';
import { ANCHORS } from './springs.js';
import { SLOTS } from './toon.js';

/** Who may do what with the avatar; VRM asks for it. */
export interface VrmMeta {
	name: string;
	authors: string[];
	/** Where the licence text is. */
	licenseUrl: string;
}

/** Pictures that the file holds: PNG for VRM, KTX2 for the web. */
export interface VrmPictures {
	/** The face's atlas, `ATLAS` cells each way. */
	face: Uint8Array;
	/** One row, a texel per slot: lit, and in shadow. */
	palette: Uint8Array;
	shade: Uint8Array;
}

type Json = Record<string, unknown>;

const HUMAN: Record<string, string> = {
	hips: 'hips', spine: 'spine', chest: 'chest', neck: 'neck', head: 'head',
	leftShoulder: 'clavicle_l', leftUpperArm: 'upper_arm_l', leftLowerArm: 'forearm_l', leftHand: 'hand_l',
	rightShoulder: 'clavicle_r', rightUpperArm: 'upper_arm_r', rightLowerArm: 'forearm_r', rightHand: 'hand_r',
	leftUpperLeg: 'thigh_l', leftLowerLeg: 'shin_l', leftFoot: 'foot_l', leftToes: 'toes_l',
	rightUpperLeg: 'thigh_r', rightLowerLeg: 'shin_r', rightFoot: 'foot_r', rightToes: 'toes_r',
}; // biome-ignore format: a table

/** Chains of spring bones round an anchor: how many, and which slots hang on them. */
const CHAINS = [
	{ anchor: 'head', count: 6, stiffness: 0.9, drag: 0.35, gravity: 0.25, least: 0.12 },
	{ anchor: 'hips', count: 8, stiffness: 1.1, drag: 0.5, gravity: 0.2, least: 0.12 },
] as const;

/** How far the A of the bind pose is from a T. */
const RAISE = Math.PI / 4;

const FLOAT = 5126;
const USHORT = 5123;
const UINT = 5125;
const VERTICES = 34962;
const INDICES = 34963;

interface Bone {
	name: string;
	parent: number;
	place: Vector3;
}

class Binary {
	readonly #pieces: Uint8Array[] = [];
	length = 0;
	readonly views: Json[] = [];
	readonly accessors: Json[] = [];

	view(bytes: Uint8Array, target?: number): number {
		this.views.push({ buffer: 0, byteOffset: this.length, byteLength: bytes.length, ...(target ? { target } : {}) });
		const padded = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
		padded.set(bytes);
		this.#pieces.push(padded);
		this.length += padded.length;
		return this.views.length - 1;
	}

	accessor(values: Float32Array | Uint16Array | Uint32Array, type: string, width: number, target?: number): number {
		const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
		const componentType = values instanceof Float32Array ? FLOAT : values instanceof Uint16Array ? USHORT : UINT;
		const entry: Json = { bufferView: this.view(bytes, target), componentType, count: values.length / width, type };
		if (type === 'VEC3' && target === VERTICES) {
			const column = (k: number): number[] => Array.from(values).filter((_, i) => i % 3 === k);
			entry.min = [0, 1, 2].map((k) => Math.min(...column(k)));
			entry.max = [0, 1, 2].map((k) => Math.max(...column(k)));
		}
		this.accessors.push(entry);
		return this.accessors.length - 1;
	}

	bytes(): Uint8Array {
		const out = new Uint8Array(this.length);
		let at = 0;
		for (const piece of this.#pieces) {
			out.set(piece, at);
			at += piece.length;
		}
		return out;
	}
}

/**
 * Write the figure as the bytes of a `.vrm` file.
 *
 * @param web Leaves out what only VRM knows: plain glTF, unlit, with KTX2 pictures, for pages and AR.
 */
export function vrm(figure: Figure, pictures: VrmPictures, meta: VrmMeta, web = false): Uint8Array {
	const { body, withoutProps } = figure;
	const bones: Bone[] = figure.joints.map(({ name, parent, bind }) => ({ name, parent, place: bind.clone() }));
	const mesh = tPose(body, bones);
	const springs = hangOn(body, mesh, bones);
	const binary = new Binary();
	const primitives = surfaces(body, withoutProps).map(({ material, triangles }) => {
		const { order, index } = compact(triangles);
		const pick = (values: ArrayLike<number>, width: number): Float32Array =>
			Float32Array.from(
				{ length: order.length * width },
				(_, k) => values[(order[Math.floor(k / width)] ?? 0) * width + (k % width)] ?? 0,
			);
		const uv = Float32Array.from(order.flatMap((vertex) => uvOf(body, vertex, material === 'face')));
		return {
			attributes: {
				POSITION: binary.accessor(pick(mesh.position, 3), 'VEC3', 3, VERTICES),
				NORMAL: binary.accessor(unit(pick(mesh.normal, 3)), 'VEC3', 3, VERTICES),
				TEXCOORD_0: binary.accessor(uv, 'VEC2', 2, VERTICES),
				JOINTS_0: binary.accessor(Uint16Array.from(pick(mesh.joints, 4)), 'VEC4', 4, VERTICES),
				WEIGHTS_0: binary.accessor(pick(mesh.shares, 4), 'VEC4', 4, VERTICES),
			},
			indices: binary.accessor(index, 'SCALAR', 1, INDICES),
			material: material === 'face' ? 0 : 1,
		};
	});
	const inverse = bones.flatMap(({ place }) => new Matrix4().makeTranslation(place.clone().negate()).elements);
	const matrices = binary.accessor(new Float32Array(inverse), 'MAT4', 16);
	const images = [pictures.face, pictures.palette, pictures.shade].map((png) => ({
		bufferView: binary.view(png),
		mimeType: web ? 'image/ktx2' : 'image/png',
	}));
	const node = (name: string): number => bones.findIndex((bone) => bone.name === name) + 1;
	const document = {
		asset: { version: '2.0', generator: 'fancam' },
		extensionsUsed: web
			? ['KHR_materials_unlit', 'KHR_texture_basisu']
			: ['VRMC_vrm', 'VRMC_materials_mtoon', 'VRMC_springBone'],
		...(web ? { extensionsRequired: ['KHR_texture_basisu'] } : {}),
		scene: 0,
		scenes: [{ nodes: [0, ...bones.flatMap(({ parent }, i) => (parent < 0 ? [i + 1] : []))] }],
		nodes: [{ name: 'avatar', mesh: 0, skin: 0 }, ...bones.map((bone, i) => nodeOf(bone, i, bones))],
		meshes: [{ name: 'avatar', primitives }],
		skins: [{ joints: bones.map((_, i) => i + 1), inverseBindMatrices: matrices, skeleton: 1 }],
		materials: web
			? [painted('face', 0), painted('body', 1)]
			: [material('face', 0, 0, 0.0009), material('body', 1, 2, 0.0014)],
		textures: images.map((_, source) => ({
			sampler: source === 0 ? 0 : 1,
			...(web ? { extensions: { KHR_texture_basisu: { source } } } : { source }),
		})),
		samplers: [
			{ magFilter: 9729, minFilter: 9729, wrapS: 33071, wrapT: 33071 },
			{ magFilter: 9728, minFilter: 9728, wrapS: 33071, wrapT: 33071 }, // a palette is not to be smeared
		],
		images,
		accessors: binary.accessors,
		bufferViews: binary.views,
		buffers: [{ byteLength: binary.length }],
		...(web ? {} : { extensions: known(meta, node, springs) }),
	};
	return glb(document, binary.bytes());
}

/** What VRM adds to glTF. */
function known(meta: VrmMeta, node: (name: string) => number, springs: readonly Spring[]): Json {
	return {
		VRMC_vrm: {
			specVersion: '1.0',
			meta: {
				...meta,
				version: '1',
				avatarPermission: 'onlyAuthor',
				allowExcessivelyViolentUsage: false,
				allowExcessivelySexualUsage: false,
				allowPoliticalOrReligiousUsage: false,
				allowAntisocialOrHateUsage: false,
				commercialUsage: 'personalNonProfit',
				creditNotation: 'unnecessary',
				allowRedistribution: false,
				modification: 'prohibited',
			},
			humanoid: {
				humanBones: Object.fromEntries(Object.entries(HUMAN).map(([human, name]) => [human, { node: node(name) }])),
			},
			expressions: { preset: expressions() },
			lookAt: {
				offsetFromHeadBone: [0, 0.09, 0.06],
				type: 'bone',
				...Object.fromEntries(
					['rangeMapHorizontalInner', 'rangeMapHorizontalOuter', 'rangeMapVerticalDown', 'rangeMapVerticalUp'].map(
						(name) => [name, { inputMaxValue: 90, outputScale: 10 }],
					),
				),
			},
		},
		VRMC_springBone: {
			specVersion: '1.0',
			springs: springs.map(({ joints, ...rest }) => ({
				...rest,
				joints: joints.map((joint) => ({ ...joint, node: joint.node + 1 })),
			})),
		},
	};
}

/** A material of one texture, shown as it is. */
function painted(name: string, index: number): Json {
	return {
		name,
		pbrMetallicRoughness: { baseColorTexture: { index }, metallicFactor: 0, roughnessFactor: 1 },
		extensions: { KHR_materials_unlit: {} },
	};
}

function nodeOf({ name, parent, place }: Bone, i: number, bones: readonly Bone[]): Json {
	const from = bones[parent]?.place ?? new Vector3();
	const children = bones.flatMap((bone, k) => (bone.parent === i ? [k + 1] : []));
	return { name, translation: place.clone().sub(from).toArray(), ...(children.length ? { children } : {}) };
}

function material(name: string, base: number, shade: number, outline: number): Json {
	return {
		name,
		pbrMetallicRoughness: { baseColorTexture: { index: base }, metallicFactor: 0, roughnessFactor: 0.9 },
		extensions: {
			VRMC_materials_mtoon: {
				specVersion: '1.0',
				shadeColorFactor: name === 'face' ? [0.84, 0.7, 0.72] : [1, 1, 1],
				shadeMultiplyTexture: { index: shade },
				shadingToonyFactor: 0.95,
				shadingShiftFactor: -0.05,
				parametricRimColorFactor: [0.1, 0.11, 0.15],
				parametricRimFresnelPowerFactor: 4,
				outlineWidthMode: 'worldCoordinates',
				outlineWidthFactor: outline,
				outlineColorFactor: [0.12, 0.06, 0.09],
				outlineLightingMixFactor: 0.3,
			},
		},
	};
}

/** Each expression shifts the face to its cell of the atlas. */
function expressions(): Json {
	return Object.fromEntries(
		FACES.map((face, number) => [
			face,
			{
				isBinary: true,
				textureTransformBinds: [
					{ material: 0, scale: [1, 1], offset: [(number % ATLAS) / ATLAS, Math.floor(number / ATLAS) / ATLAS] },
				],
				...(face === 'blink' || face === 'happy' ? { overrideBlink: face === 'happy' ? 'block' : 'none' } : {}),
			},
		]),
	);
}

/** Where a vertex finds its colour: its slot's texel, or the place on the first face. */
function uvOf(body: BufferGeometry, vertex: number, face: boolean): [number, number] {
	const [paint, uv] = [body.getAttribute('paint'), body.getAttribute('uv')];
	if (!face) return [(paint.getX(vertex) + 0.5) / SLOTS.length, 0.5];
	const clamp = (value: number): number => Math.min(0.995, Math.max(0.005, value));
	const u = clamp((uv.getX(vertex) + FRAME.half) / (2 * FRAME.half));
	const v = clamp(1 - (uv.getY(vertex) - FRAME.low) / (2 * FRAME.half));
	return [u / ATLAS, v / ATLAS];
}

/** The body's triangles by material: the face, and all that the palette colours. */
function surfaces(body: BufferGeometry, count: number): { material: 'face' | 'body'; triangles: number[] }[] {
	const [index, paint] = [body.getIndex(), body.getAttribute('paint')];
	if (!index) throw new RangeError('a figure has indices');
	const found = { face: [] as number[], body: [] as number[] };
	for (let i = 0; i < count; i++) {
		const first = index.getX(i - (i % 3));
		found[paint.getX(first) === SLOTS.indexOf('face') ? 'face' : 'body'].push(index.getX(i));
	}
	return (['face', 'body'] as const).map((name) => ({ material: name, triangles: found[name] }));
}

/** The vertices that triangles use, in order of use, and the triangles by their new numbers. */
function compact(triangles: readonly number[]): { order: number[]; index: Uint32Array } {
	const numbers = new Map<number, number>();
	const index = Uint32Array.from(triangles, (vertex) => {
		const number = numbers.get(vertex) ?? numbers.size;
		numbers.set(vertex, number);
		return number;
	});
	return { order: [...numbers.keys()], index };
}

interface Posed {
	position: Float32Array;
	normal: Float32Array;
	joints: number[];
	shares: number[];
}

/** Raise the arms of mesh and skeleton from an A to a T. */
function tPose(body: BufferGeometry, bones: readonly Bone[]): Posed {
	const turns = bones.map(({ name }) => {
		const side = name.endsWith('_l') ? 1 : name.endsWith('_r') ? -1 : 0;
		let at = bones.findIndex((bone) => bone.name === name);
		while (at >= 0 && !bones[at]?.name.startsWith('upper_arm')) at = bones[at]?.parent ?? -1;
		const pivot = bones[at]?.place;
		if (!pivot) return new Matrix4();
		const back = new Matrix4().makeTranslation(pivot.clone().negate());
		return new Matrix4()
			.makeTranslation(pivot)
			.multiply(new Matrix4().makeRotationZ(side * RAISE))
			.multiply(back);
	});
	const [position, normal] = [body.getAttribute('position'), body.getAttribute('normal')];
	const [joints, shares] = [body.getAttribute('joints'), body.getAttribute('shares')];
	const out: Posed = {
		position: new Float32Array(3 * position.count),
		normal: new Float32Array(3 * position.count),
		joints: [],
		shares: [],
	};
	const [p, n, moved, turned] = [new Vector3(), new Vector3(), new Vector3(), new Vector3()];
	for (let i = 0; i < position.count; i++) {
		moved.set(0, 0, 0);
		turned.set(0, 0, 0);
		for (const axis of ['getX', 'getY', 'getZ', 'getW'] as const) {
			const [joint, share] = [joints[axis](i), shares[axis](i)];
			out.joints.push(share > 0 ? joint : 0);
			out.shares.push(share);
			const turn = turns[joint];
			if (!share || !turn) continue;
			moved.addScaledVector(p.fromBufferAttribute(position, i).applyMatrix4(turn), share);
			turned.addScaledVector(n.fromBufferAttribute(normal, i).transformDirection(turn), share);
		}
		moved.toArray(out.position, 3 * i);
		turned.normalize().toArray(out.normal, 3 * i);
	}
	bones.forEach(({ place }, i) => {
		place.applyMatrix4(turns[i] as Matrix4); // one per bone
	});
	return out;
}

interface Spring {
	name: string;
	joints: {
		node: number;
		hitRadius: number;
		stiffness: number;
		gravityPower: number;
		gravityDir: number[];
		dragForce: number;
	}[];
}

/** Put loose vertices on chains of two bones, by their direction from the anchor; adds the bones. */
function hangOn(body: BufferGeometry, mesh: Posed, bones: Bone[]): Spring[] {
	const [paint, spring] = [body.getAttribute('paint'), body.getAttribute('spring')];
	const springs: Spring[] = [];
	for (const { anchor, count, stiffness, drag, gravity, least } of CHAINS) {
		const root = bones.findIndex((bone) => bone.name === anchor);
		const centre = bones[root]?.place ?? new Vector3();
		const members: number[][] = Array.from({ length: count }, () => []);
		for (let i = 0; i < paint.count; i++) {
			if (paint.getW(i) < 0.02 || spring.getX(i) !== (ANCHORS as readonly string[]).indexOf(anchor)) continue;
			const [x = 0, z = 0] = [mesh.position[3 * i], mesh.position[3 * i + 2]];
			const turn = (Math.atan2(x - centre.x, z - centre.z) / (2 * Math.PI) + 1 + 0.5 / count) % 1;
			members[Math.floor(turn * count)]?.push(i);
		}
		members.forEach((vertices, chain) => {
			const sway = (i: number): number => paint.getW(i);
			const loosest = Math.max(0, ...vertices.map(sway));
			if (loosest < least) return;
			const mean = (chosen: number[]): Vector3 => {
				const sum = new Vector3();
				for (const i of chosen) sum.add(new Vector3().fromArray(mesh.position, 3 * i));
				return sum.divideScalar(Math.max(1, chosen.length));
			};
			const top = mean(vertices.filter((i) => sway(i) < loosest * 0.25));
			const tip = mean(vertices.filter((i) => sway(i) > loosest * 0.8));
			const name = `${anchor}_spring_${chain}`;
			bones.push({ name, parent: root, place: top }, { name: `${name}_tip`, parent: bones.length, place: tip });
			const bone = bones.length - 2;
			for (const i of vertices) giveTo(mesh, i, bone, Math.min(0.95, sway(i) / loosest));
			const joint = { hitRadius: 0.02, stiffness, gravityPower: gravity, gravityDir: [0, -1, 0], dragForce: drag };
			springs.push({ name, joints: [bone, bone + 1].map((node) => ({ node, ...joint })) });
		});
	}
	return springs;
}

/** Let a bone have a share of a vertex, in the place of its least one. */
function giveTo(mesh: Posed, vertex: number, bone: number, share: number): void {
	const at = 4 * vertex;
	let least = at;
	for (let k = at; k < at + 4; k++) {
		mesh.shares[k] = (mesh.shares[k] ?? 0) * (1 - share);
		if ((mesh.shares[k] ?? 0) < (mesh.shares[least] ?? 0)) least = k;
	}
	mesh.joints[least] = bone;
	mesh.shares[least] = share;
	const total = mesh.shares.slice(at, at + 4).reduce((sum, value) => sum + value, 0);
	for (let k = at; k < at + 4; k++) {
		mesh.shares[k] = (mesh.shares[k] ?? 0) / total;
		if (!mesh.shares[k]) mesh.joints[k] = 0;
	}
}

function unit(normals: Float32Array): Float32Array {
	const n = new Vector3();
	for (let i = 0; i < normals.length; i += 3) {
		n.fromArray(normals, i).normalize();
		if (n.lengthSq() < 0.5) n.set(0, 1, 0);
		n.toArray(normals, i);
	}
	return normals;
}

function glb(document: unknown, binary: Uint8Array): Uint8Array {
	const text = new TextEncoder().encode(JSON.stringify(document));
	const size = Math.ceil(text.length / 4) * 4;
	const out = new Uint8Array(12 + 8 + size + 8 + binary.length).fill(0x20, 20, 20 + size);
	const words = new DataView(out.buffer);
	[0x46546c67, 2, out.length, size, 0x4e4f534a].forEach((word, i) => {
		words.setUint32(4 * i, word, true);
	});
	out.set(text, 20);
	words.setUint32(20 + size, binary.length, true);
	words.setUint32(24 + size, 0x004e4942, true);
	out.set(binary, 28 + size);
	return out;
}
