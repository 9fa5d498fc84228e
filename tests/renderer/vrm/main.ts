/** Loads an exported avatar as any VRM viewer does, and says and shows what it finds. */
import { type VRM, VRMLoaderPlugin } from '@pixiv/three-vrm';
import {
	AmbientLight,
	Color,
	type CompressedTexture,
	DirectionalLight,
	type Mesh,
	type MeshBasicMaterial,
	PerspectiveCamera,
	Scene,
	WebGLRenderer,
} from 'three';
import { MeshoptDecoder } from 'three/addons/libs/meshopt_decoder.module.js';
import { GLTFLoader } from 'three/addons/loaders/GLTFLoader.js';
import { KTX2Loader } from 'three/addons/loaders/KTX2Loader.js';

/** What the test asks for. */
interface Look {
	camera: [number, number, number];
	at: [number, number, number];
	expression?: string;
	/** Radians that the left arm is let down. */
	arm?: number;
}

const loader = new GLTFLoader();
loader.register((parser) => new VRMLoaderPlugin(parser));
const gltf = await loader.loadAsync('avatar.vrm');
const vrm = gltf.userData.vrm as VRM;
const scene = new Scene();
scene.background = new Color(0x4a3f78);
const key = new DirectionalLight(0xffffff, Math.PI);
key.position.set(0.4, 1, 1);
scene.add(vrm.scene, key, new AmbientLight(0xffffff, 0.6));
const renderer = new WebGLRenderer({ antialias: true, preserveDrawingBuffer: true });
renderer.setSize(360, 480);
document.body.append(renderer.domElement);

const materials = new Set<string>();
vrm.scene.traverse((node) => {
	for (const material of [(node as Mesh).material ?? []].flat()) materials.add(material.type);
});

Object.assign(window, {
	found: {
		bones: Object.keys(vrm.humanoid.humanBones),
		expressions: vrm.expressionManager?.expressions.map(({ expressionName }) => expressionName) ?? [],
		springs: vrm.springBoneManager?.joints.size ?? 0,
		materials: [...materials],
		name: (vrm.meta as { name: string }).name,
	},
	look({ camera, at, expression, arm }: Look): string {
		const eye = new PerspectiveCamera(28, 360 / 480, 0.05, 30);
		eye.position.set(...camera);
		eye.lookAt(...at);
		vrm.expressionManager?.resetValues();
		if (expression) vrm.expressionManager?.setValue(expression, 1);
		const left = vrm.humanoid.getNormalizedBoneNode('leftUpperArm');
		if (left) left.rotation.z = -(arm ?? 0);
		vrm.update(0); // no time passes, so that springs do not move between two looks
		renderer.render(scene, eye);
		return renderer.domElement.toDataURL('image/png');
	},
	/** The packed file, as any page with three's loaders shows it; one picture, and how its textures lie on the card. */
	async web({ camera, at }: Look): Promise<{ url: string; compressed: boolean[]; levels: number[] }> {
		const textures = new KTX2Loader().setTranscoderPath('./').detectSupport(renderer);
		const reader = new GLTFLoader().setMeshoptDecoder(MeshoptDecoder).setKTX2Loader(textures);
		const packed = await reader.loadAsync('avatar.glb');
		const maps: CompressedTexture[] = [];
		packed.scene.traverse((node) => {
			const { map } = ((node as Mesh).material ?? {}) as MeshBasicMaterial;
			if (map) maps.push(map as CompressedTexture);
		});
		const stage = new Scene();
		stage.background = scene.background;
		stage.add(packed.scene);
		const eye = new PerspectiveCamera(28, 360 / 480, 0.05, 30);
		eye.position.set(...camera);
		eye.lookAt(...at);
		renderer.render(stage, eye);
		textures.dispose();
		const url = renderer.domElement.toDataURL('image/png');
		return {
			url,
			compressed: maps.map((map) => map.isCompressedTexture),
			levels: maps.map((map) => map.mipmaps?.length ?? 0),
		};
	},
});
