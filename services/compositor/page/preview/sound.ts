/** The song's stems together, from any place: what a designer cuts to. */
export class Sound {
	readonly #context = new AudioContext();
	#stems: AudioBuffer[] = [];
	#playing: AudioBufferSourceNode[] = [];
	#loaded = '';

	/** Seconds on the clock that the sound keeps. */
	get now(): number {
		return this.#context.currentTime;
	}

	/** Read the stems at these addresses, unless they are here already. */
	async load(addresses: string[]): Promise<void> {
		const wanted = addresses.join(' ');
		if (wanted === this.#loaded) return;
		this.#stems = await Promise.all(
			addresses.map(async (address) => this.#context.decodeAudioData(await (await fetch(address)).arrayBuffer())),
		);
		this.#loaded = wanted;
	}

	/** Play from this place in the song, in seconds. */
	async play(fromS: number): Promise<void> {
		this.stop();
		await this.#context.resume();
		this.#playing = this.#stems.map((buffer) => {
			const source = this.#context.createBufferSource();
			source.buffer = buffer;
			source.connect(this.#context.destination);
			source.start(0, fromS);
			return source;
		});
	}

	/** Be quiet. */
	stop(): void {
		for (const source of this.#playing) source.stop();
		this.#playing = [];
	}
}
