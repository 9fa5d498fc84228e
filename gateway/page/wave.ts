/** Draws a take's loudness over time, with what is doubtful and what is bleeped, and says where it was clicked. */

export interface Band {
	start_s: number;
	end_s: number;
	kind: 'doubtful' | 'bleep' | 'here';
}

export interface Place {
	text: string;
	start_s: number;
	end_s: number;
	kind: string;
}

const STEP_S = 0.1;
const PAGE_S = 1;

export class Wave {
	#sound: AudioBuffer | null = null;
	#length_s = 1;
	#bands: Band[] = [];

	/**
	 * @param canvas Where it is drawn; also the slider of the keyboard.
	 * @param places Holds the words at their times.
	 * @param head The line that stands where the sound stands.
	 * @param sought Told which moment of the take was asked for.
	 */
	constructor(
		private readonly canvas: HTMLCanvasElement,
		private readonly places: HTMLElement,
		private readonly head: HTMLElement,
		private readonly sought: (at_s: number) => void,
	) {
		new ResizeObserver(() => this.#draw()).observe(canvas);
		canvas.addEventListener('pointerdown', (event) => {
			canvas.setPointerCapture(event.pointerId);
			this.#seek(event);
		});
		canvas.addEventListener('pointermove', (event) => {
			if (canvas.hasPointerCapture(event.pointerId)) this.#seek(event);
		});
		canvas.addEventListener('keydown', (event) => this.#step(event));
	}

	/** Show a sound, or that there is none yet; `least_s` is how long the line is at least. */
	show(sound: AudioBuffer | null, least_s: number): void {
		this.#sound = sound;
		this.#length_s = Math.max(sound?.duration ?? 0, least_s, 0.1);
		this.canvas.ariaValueMax = this.#length_s.toFixed(1);
		this.#draw();
	}

	mark(bands: Band[]): void {
		this.#bands = bands;
		this.#draw();
	}

	/** Write words at their times; the same element twice costs nothing. */
	write(places: Place[], lang: string): void {
		this.places.replaceChildren(
			...places.map(({ text, start_s, end_s, kind }) => {
				const word = document.createElement('span');
				word.textContent = text;
				word.className = kind;
				word.lang = lang;
				word.dir = 'auto';
				word.style.left = `${(100 * start_s) / this.#length_s}%`;
				word.style.width = `${(100 * (end_s - start_s)) / this.#length_s}%`;
				return word;
			}),
		);
	}

	stand(at_s: number): void {
		this.head.style.left = `${(100 * Math.min(at_s, this.#length_s)) / this.#length_s}%`;
		this.canvas.ariaValueNow = at_s.toFixed(1);
		this.canvas.ariaValueText = `${at_s.toFixed(1)} of ${this.#length_s.toFixed(1)} seconds`;
	}

	#seek(event: PointerEvent): void {
		const box = this.canvas.getBoundingClientRect();
		this.sought(((event.clientX - box.left) / box.width) * this.#length_s);
	}

	#step(event: KeyboardEvent): void {
		const now = Number(this.canvas.ariaValueNow ?? 0);
		const to: Record<string, number> = {
			ArrowUp: now + STEP_S,
			ArrowDown: now - STEP_S,
			PageUp: now + PAGE_S,
			PageDown: now - PAGE_S,
			Home: 0,
			End: this.#length_s,
		};
		const at_s = to[event.key];
		if (at_s === undefined) return;
		event.preventDefault();
		this.sought(Math.min(Math.max(at_s, 0), this.#length_s));
	}

	#draw(): void {
		const { clientWidth, clientHeight } = this.canvas;
		const pen = this.canvas.getContext('2d');
		if (!pen || !clientWidth) return;
		const scale = window.devicePixelRatio;
		this.canvas.width = Math.round(clientWidth * scale);
		this.canvas.height = Math.round(clientHeight * scale);
		pen.scale(scale, scale);
		const style = getComputedStyle(this.canvas);
		const x = (at_s: number) => (at_s / this.#length_s) * clientWidth;
		for (const { start_s, end_s, kind } of this.#bands) {
			pen.fillStyle = style.getPropertyValue(`--band-${kind}`);
			pen.fillRect(x(start_s), 0, Math.max(2, x(end_s) - x(start_s)), clientHeight);
		}
		const middle = clientHeight / 2;
		pen.fillStyle = style.getPropertyValue('--line');
		pen.fillRect(0, middle, clientWidth, 1);
		if (!this.#sound) return;
		const samples = this.#sound.getChannelData(0);
		const per = (this.#length_s * this.#sound.sampleRate) / clientWidth;
		let loudest = 1e-4;
		for (const sample of samples) loudest = Math.max(loudest, Math.abs(sample));
		pen.fillStyle = style.getPropertyValue('--wave');
		for (let column = 0; column < clientWidth; column += 3) {
			let peak = 0;
			const last = Math.min(samples.length, (column + 3) * per);
			for (let index = Math.floor(column * per); index < last; index++) {
				peak = Math.max(peak, Math.abs(samples[index] ?? 0));
			}
			const half = Math.max(0.5, (peak / loudest) * (middle - 3));
			pen.fillRect(column, middle - half, 2, 2 * half);
		}
	}
}
