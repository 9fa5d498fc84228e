/**
 * Footage and passes, frame by frame: H.264 packets that the host took out of their MP4, decoded by the browser, handed on as
 * planes. Any frame can be asked for first; frames asked for in order are decoded once.
 *
 * Measured on a noisy 720x1280 plate, CPU time a frame: decoded here, copied out and uploaded 7 to 9 ms; decoded by PyAV in the
 * host 7 ms, to which the way into the page would come. Drawing it costs 10 ms more, most of it for filtering chroma.
 */
import { type Files, failure } from '@fancam/stage';

/** What `footage.py` writes before the packets. */
export interface PacketIndex {
	/** As WebCodecs names it, for example `avc1.640028`. */
	codec: string;
	/** Pixels. */
	width: number;
	height: number;
	/** The stream's avcC box. */
	description: number[];
	/** Whether colour is full range, and whether its matrix is BT.601 rather than BT.709. */
	fullRange: boolean;
	bt601: boolean;
	/** Per packet in decoding order: bytes, the frame it shows, and whether it can be decoded first. */
	packets: [sizeBytes: number, frame: number, key: boolean][];
}

/** Packets that the decoder may hold before it has given a frame back. */
const AHEAD = 6;

/** One reading of one file. */
export class Video {
	readonly index: PacketIndex;
	readonly frames: number;
	readonly #bytes: Uint8Array;
	readonly #offsets: number[] = [];
	/** Position of the packet that shows a frame. */
	readonly #showing = new Map<number, number>();
	readonly #name: string;
	#decoder: VideoDecoder | null = null;
	#fed = 0;
	/** Newest frame handed out since the decoder started; older ones are gone, newer ones will come. */
	#given = -1;
	#flush: 'not yet' | 'running' | 'done' = 'not yet';
	#error: Error | null = null;
	readonly #ready = new Map<number, VideoFrame>();
	#news: (() => void) | null = null;

	private constructor(name: string, index: PacketIndex, bytes: Uint8Array) {
		this.#name = name;
		this.index = index;
		this.#bytes = bytes;
		let offset = 0;
		for (const [position, [sizeBytes, frame]] of index.packets.entries()) {
			this.#offsets.push(offset);
			this.#showing.set(frame, position);
			offset += sizeBytes;
		}
		this.frames = index.packets.length;
	}

	/**
	 * Read a packet file.
	 *
	 * @throws BadFootage if this browser does not decode it.
	 */
	static async open(name: string, file: string, files: Files): Promise<Video> {
		const bytes = await files.bytes(file);
		const indexBytes = new DataView(bytes).getUint32(0, true);
		const index = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 4, indexBytes))) as PacketIndex;
		const video = new Video(name, index, new Uint8Array(bytes, 4 + indexBytes));
		const { supported } = await VideoDecoder.isConfigSupported(video.#config());
		if (!supported) throw failure('BadFootage', `${name}: this browser does not decode ${index.codec}`);
		return video;
	}

	/**
	 * The planes of a frame: `luma` (height, width), then `blue` and `red`, half as wide and high, rounded up, without gaps.
	 *
	 * @param into Filled; remade when too small.
	 * @throws BadFootage if there is no such frame, or its packets are damaged.
	 */
	async planes(frame: number, into: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
		const picture = await this.#frame(frame);
		if (picture.format !== 'I420') {
			const { format } = picture;
			picture.close();
			throw failure('BadFootage', `${this.#name}: frames are ${format}, not I420`);
		}
		const size = picture.allocationSize();
		const buffer = into.byteLength === size ? into : new Uint8Array(size);
		await picture.copyTo(buffer);
		picture.close();
		return buffer;
	}

	/** Let go of the decoder. */
	close(): void {
		for (const picture of this.#ready.values()) picture.close();
		this.#ready.clear();
		if (this.#decoder && this.#decoder.state !== 'closed') this.#decoder.close();
		this.#decoder = null;
	}

	#config(): VideoDecoderConfig {
		return {
			codec: this.index.codec,
			codedWidth: this.index.width,
			codedHeight: this.index.height,
			description: new Uint8Array(this.index.description),
			optimizeForLatency: true,
			hardwareAcceleration: 'prefer-software', // equal frames on every machine
		};
	}

	async #frame(frame: number): Promise<VideoFrame> {
		const position = this.#showing.get(frame);
		if (position === undefined) {
			throw failure('BadFootage', `${this.#name} has frames 0 to ${this.frames - 1}, and frame ${frame} is used`);
		}
		const key = this.#keyBefore(position);
		const gone = frame <= this.#given && !this.#ready.has(frame);
		// Going back, or so far on that starting at a key frame is shorter.
		if (!this.#decoder || gone || key > this.#fed + AHEAD) this.#start(key);
		this.#forget(frame);
		this.#given = frame;
		for (;;) {
			this.#feed(position + AHEAD);
			const found = this.#ready.get(frame);
			if (found) {
				this.#ready.delete(frame);
				return found;
			}
			if (!this.#error && this.#flush === 'done') {
				this.#error = failure('BadFootage', `${this.#name}: frame ${frame} cannot be decoded`);
			}
			if (this.#error) {
				this.close();
				throw this.#error;
			}
			await new Promise<void>((wake) => {
				this.#news = wake;
			});
			this.#forget(frame);
		}
	}

	/** Close frames before `frame`, which nobody will ask for again. */
	#forget(frame: number): void {
		for (const [number, picture] of this.#ready) {
			if (number < frame) {
				picture.close();
				this.#ready.delete(number);
			}
		}
	}

	#keyBefore(position: number): number {
		let key = position;
		while (key > 0 && !this.index.packets[key]?.[2]) key--;
		return key;
	}

	#start(key: number): void {
		this.close();
		this.#error = null;
		this.#flush = 'not yet';
		this.#fed = key;
		this.#given = -1;
		const decoder = new VideoDecoder({
			output: (picture) => {
				if (decoder !== this.#decoder) {
					picture.close();
					return;
				}
				this.#ready.set(picture.timestamp, picture);
				this.#news?.();
			},
			error: (error) => {
				this.#error = failure('BadFootage', `${this.#name}: ${error.message}`);
				this.#news?.();
			},
		});
		this.#decoder = decoder;
		decoder.configure(this.#config());
	}

	#feed(until: number): void {
		const decoder = this.#decoder;
		if (decoder?.state !== 'configured') return;
		const { packets } = this.index;
		for (; this.#fed < packets.length && this.#fed <= until; this.#fed++) {
			const [sizeBytes, frame, key] = packets[this.#fed] ?? [0, 0, false];
			const offset = this.#offsets[this.#fed] ?? 0;
			decoder.decode(
				new EncodedVideoChunk({
					type: key ? 'key' : 'delta',
					timestamp: frame,
					data: this.#bytes.subarray(offset, offset + sizeBytes),
				}),
			);
		}
		if (this.#fed === packets.length && this.#flush === 'not yet') {
			this.#flush = 'running';
			decoder.flush().then(
				() => {
					if (decoder !== this.#decoder) return;
					this.#flush = 'done';
					this.#news?.();
				},
				() => undefined, // said by `error`, or meant by `close`
			);
		}
	}
}
