/** Reads parts of the library: glTF 2.0, materials named as colour slots, joints named as the skeleton's. */

import { MeshoptDecoder } from 'meshoptimizer/decoder';
import {
	type Bone,
	type BufferAttribute,
	type InterleavedBufferAttribute,
	type Mesh,
	type SkinnedMesh,
	Vector3,
} from 'three';
import { GLTFLoader } from 'three/addons/loaders/GLTFLoader.js';
import type { Joint } from './pose.js';
import { SLOTS } from './toon.js';

type Attribute = BufferAttribute | InterleavedBufferAttribute;

/** One primitive of a part. */
export interface Surface {
	slot: number;
	position: Attribute;
	normal: Attribute;
	uv: Attribute | null;
	/** Shade, random, sway, outline. */
	color: Attribute | null;
	joints: Attribute | null;
	shares: Attribute | null;
	/** Names of the joints that `joints` counts. */
	jointNames: string[];
	index: ArrayLike<number>;
	/** Offsets by morph name. */
	morphs: Map<string, { position: Attribute; normal: Attribute | null }>;
}

/** A part as it came from its file. */
export interface Part {
	group: string;
	id: string;
	surfaces: Surface[];
	/** `extras` of the part's node. */
	extras: Record<string, unknown>;
	/** The skeleton, if the part carries one. */
	skeleton: Joint[];
}

/**
 * Read one part.
 *
 * @throws RangeError if a material is no colour slot.
 */
export async function readPart(group: string, id: string, glb: ArrayBuffer): Promise<Part> {
	const gltf = await new GLTFLoader().setMeshoptDecoder(MeshoptDecoder).parseAsync(glb, '');
	const part: Part = { group, id, surfaces: [], extras: {}, skeleton: [] };
	gltf.scene.traverse((node) => {
		Object.assign(part.extras, node.userData);
		const mesh = node as Mesh;
		if (!mesh.isMesh) return;
		const material = Array.isArray(mesh.material) ? mesh.material[0] : mesh.material;
		const slot = (SLOTS as readonly string[]).indexOf(material?.name ?? '');
		if (slot < 0)
			throw new RangeError(`${group}/${id}: material ${material?.name} is no colour slot; known: ${SLOTS.join(', ')}`);
		const { attributes, index, morphAttributes } = mesh.geometry;
		const { position, normal } = attributes;
		if (!position || !normal || !index)
			throw new RangeError(`${group}/${id}: a surface needs positions, normals and indices`);
		const skinned = mesh as SkinnedMesh;
		const bones = skinned.isSkinnedMesh ? skinned.skeleton.bones : [];
		if (bones.length && part.skeleton.length === 0) {
			part.skeleton = bones.map((bone, i) => {
				const inverse = skinned.skeleton.boneInverses[i];
				const bind = new Vector3().setFromMatrixPosition(inverse as NonNullable<typeof inverse>).negate(); // one per bone
				return { name: bone.name, parent: bones.indexOf(bone.parent as Bone), bind };
			});
		}
		const morphs: Surface['morphs'] = new Map();
		for (const [name, k] of Object.entries(mesh.morphTargetDictionary ?? {})) {
			const offset = morphAttributes.position?.[k];
			if (offset) morphs.set(name, { position: offset, normal: morphAttributes.normal?.[k] ?? null });
		}
		part.surfaces.push({
			slot,
			position,
			normal,
			uv: attributes.uv ?? null,
			color: attributes.color ?? null,
			joints: attributes.skinIndex ?? null,
			shares: attributes.skinWeight ?? null,
			jointNames: bones.map((bone) => bone.name),
			index: index.array,
			morphs,
		});
		mesh.geometry.dispose();
		material?.dispose();
	});
	return part;
}
