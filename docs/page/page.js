// A campaign's page on Fancam's REST door: a selfie, a name and a sung line become a film that plays while it is made.
// Open it with ?gateway=https://films.band.example&campaign=demo; without, the page's own origin is asked for `demo`.

const question = new URLSearchParams(location.search);
const GATEWAY = question.get('gateway') ?? '';
const CAMPAIGN = question.get('campaign') ?? 'demo';
const PART_BYTES = 256 * 1024;
const HINTS = {
  TAKE_HEARD: 'We hear you!',
  TAKE_FAINT: 'A little louder, or nearer',
  TAKE_LOUD: 'A little softer, or further away',
  TAKE_UNHEARD: 'Are you there?',
};

const at = (id) => document.getElementById(id);
const show = (id, shown = true) => { at(id).hidden = !shown; };
const wait = (seconds) => new Promise((done) => { setTimeout(done, 1000 * seconds); });
const say = (message) => { at('error').textContent = message; };
const tried = (work) => (event) => Promise.resolve(event).then(work).catch((error) => say(error.message));

let session = JSON.parse(sessionStorage.getItem('session')); // survives a reload, not the tab
let wish = crypto.randomUUID();

// Asks, and asks again where the gateway says when. Every other failure carries a reason and a sentence to be shown.
async function ask(path, { headers, ...more } = {}) {
  const key = session && !path.includes('signature=') ? { Authorization: `Bearer ${session.token}` } : {};
  for (;;) {
    const reply = await fetch(GATEWAY + path, { ...more, headers: { ...key, ...headers } }).catch((error) => {
      if (more.method || more.signal?.aborted) throw error;
    });
    if (reply?.ok) return reply;
    if (!reply) { // reading may be tried for as long as it takes
      await wait(2);
      continue;
    }
    const { detail, reason } = await reply.json().catch(() => ({ detail: reply.statusText }));
    if (!reply.headers.has('Retry-After')) throw Object.assign(new Error(detail), { reason });
    await wait(reply.headers.get('Retry-After'));
  }
}
const json = async (path, more) => (await ask(path, more)).json();

// A file or a recording on its way, in parts: a connection that breaks costs one of them, and it is told where to go on.
class Upload {
  constructor(kind) {
    this.path = `/v1/sessions/${session.id}/${kind}`;
    this.heard = kind === 'take' ? '?live=true' : '';
    this.blob = new Blob();
    this.sent = 0;
    this.turn = Promise.resolve();
  }

  add(data, whole = true) {
    this.blob = new Blob([this.blob, data]);
    this.whole = whole;
    this.turn = this.turn.then(() => this.send());
    return this.turn;
  }

  async send() {
    while (!this.complete && (this.whole || this.sent < this.blob.size)) {
      const body = this.blob.slice(this.sent, this.sent + PART_BYTES);
      const last = this.whole && this.sent + body.size === this.blob.size;
      const headers = { 'Upload-Offset': this.sent, 'Upload-Complete': last ? '?1' : '?0' };
      try {
        this.note(await ask(this.path + this.heard, { method: 'PATCH', body, headers }));
      } catch (error) {
        if (error.reason && error.reason !== 'UPLOAD_OFFSET_WRONG') throw error;
        await wait(1);
        await ask(this.path, { method: 'HEAD' }).then((reply) => this.note(reply), () => {}); // offline still: once more
      }
    }
  }

  note({ headers }) {
    this.sent = Number(headers.get('Upload-Offset'));
    this.complete = headers.get('Upload-Complete') === '?1';
  }
}

// Plays a part of the song and lights the words up as they come.
function sing(address, { take_start_s: start, take_end_s: end, syllables }) {
  const player = new Audio(GATEWAY + address);
  player.currentTime = start;
  const light = () => {
    [...at('words').children].forEach((word, index) => {
      word.classList.toggle('sung', player.currentTime >= syllables[index].start_s);
    });
    if (player.currentTime < end && !player.ended) return requestAnimationFrame(light);
    player.pause();
    player.dispatchEvent(new Event('over'));
  };
  player.addEventListener('playing', light, { once: true });
  return player;
}

async function record(campaign) {
  say('');
  const plain = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  const microphone = await navigator.mediaDevices.getUserMedia({ audio: plain });
  const recorder = new MediaRecorder(microphone);
  const take = new Upload('take');
  const backing = sing(campaign.links.backing, campaign);
  recorder.ondataavailable = tried(({ data }) => take.add(data, false));
  recorder.onstop = tried(() => {
    for (const track of microphone.getTracks()) track.stop();
    at('record').disabled = false;
    at('record').textContent = 'Sing again';
    return take.add(new Blob()); // nothing more comes
  });
  backing.addEventListener('playing', () => recorder.start(500), { once: true });
  backing.addEventListener('over', () => recorder.stop(), { once: true });
  at('record').disabled = true;
  at('record').textContent = 'Listening …';
  await backing.play();
}

// Every event from the first on, after a reload too: what the page shows follows from them alone.
function follow() {
  const events = new EventSource(GATEWAY + session.links.events);
  const failed = new AbortController();
  events.onmessage = tried(async ({ data }) => {
    const { stage, state, reason, message, estimate_s: left } = JSON.parse(data);
    if (stage === 'take' && state === 'running') at('hint').textContent = HINTS[reason] ?? '';
    if (['selfie', 'take'].includes(stage) && ['done', 'retake'].includes(state)) {
      show(stage === 'take' ? 'sing' : 'start', state === 'retake');
      say(state === 'retake' ? message : '');
      if (stage === 'take') show('making', state === 'done');
    }
    if (left > 0) {
      const bar = at('progress');
      bar.max = Math.max(left, bar.max === 1 ? 0 : bar.max);
      bar.value = bar.max - left;
      at('estimate').textContent = `Your film: about ${Math.ceil(left)} s`;
    }
    const ended = stage === 'session' && state !== 'running';
    if (ended) events.close();
    if (ended && state !== 'done') {
      say(message);
      failed.abort();
    }
    if (ended || (stage === 'assemble' && state === 'done')) await playing.then(keep);
  });
  const playing = play(failed.signal).catch(() => {}); // who cannot play the stream gets the film
  show('erase');
}

// HLS where the browser knows it, Media Source elsewhere; either begins before the film is done.
async function play(signal) {
  const playlist = await (await ask(session.links.stream, { signal })).text();
  show('result');
  if (at('film').canPlayType('application/vnd.apple.mpegurl')) {
    at('film').src = GATEWAY + session.links.stream;
    return;
  }
  const source = new MediaSource();
  at('film').src = URL.createObjectURL(source);
  await new Promise((done) => { source.addEventListener('sourceopen', done, { once: true }); });
  const [pictures, sound] = playlist.match(/CODECS="([^"]+)"/)[1].split(',');
  Promise.all([
    feed(source.addSourceBuffer(`video/mp4; codecs="${pictures}"`), playlist.trim().split('\n').at(-1), signal),
    feed(source.addSourceBuffer(`audio/mp4; codecs="${sound}"`), playlist.match(/URI="([^"]+)"/)[1], signal),
  ]).then(() => source.endOfStream(), () => {});
}

async function feed(buffer, address, signal) {
  const seen = new Set();
  for (;;) {
    const playlist = await (await ask(address, { signal })).text();
    const header = playlist.match(/EXT-X-MAP:URI="([^"]+)"/)[1];
    for (const part of [header, ...playlist.split('\n').filter((line) => line && !line.startsWith('#'))]) {
      if (seen.has(part.split('?')[0])) continue;
      seen.add(part.split('?')[0]);
      buffer.appendBuffer(await (await ask(part)).arrayBuffer());
      await new Promise((done) => { buffer.addEventListener('updateend', done, { once: true }); });
    }
    if (playlist.includes('#EXT-X-ENDLIST')) return;
    await wait(2);
  }
}

// What a fan takes home.
async function keep() {
  const { links } = await json(`/v1/sessions/${session.id}`);
  if (!links.film) return;
  shareByLink();
  show('making', false);
  show('result');
  show('keep');
  at('film').poster = GATEWAY + links.poster;
  if (!at('film').src) at('film').src = GATEWAY + links.film;
  at('save').href = `${GATEWAY}${links.film}&download=true`;
  const kit = await json(`/v1/sessions/${session.id}/fan-kit`);
  at('kit').replaceChildren(...kit.map(({ id, media_type: type, url }) => {
    const link = Object.assign(document.createElement('a'), { href: `${GATEWAY}${url}&download=true` });
    const picture = Object.assign(new Image(), { src: GATEWAY + url, alt: id.replaceAll('-', ' '), loading: 'lazy' });
    link.append(type.startsWith('image/') ? picture : `${id.replaceAll('-', ' ')} (${type.split('/')[1]})`);
    link.className = type.startsWith('image/') ? '' : 'quiet';
    return link;
  }));
  show('share', Boolean(navigator.canShare));
  at('share').onclick = tried(async () => {
    const film = new File([await (await ask(links.film)).blob()], 'film.mp4', { type: 'video/mp4' });
    await navigator.share({ files: [film] });
  });
}

// A page of the gateway's own shows the film, by the fan's consent and until they take it back.
function shareByLink() {
  if (at('link').onclick) return;
  const path = `/v1/sessions/${session.id}/share`;
  const shown = (url) => {
    Object.assign(at('address'), { href: url, textContent: url });
    show('link', !url);
    show('back', Boolean(url));
  };
  at('link').onclick = tried(async () => {
    const headers = { 'Content-Type': 'application/json' };
    const { url } = await json(path, { method: 'POST', headers, body: JSON.stringify({ consent: true }) });
    shown(url);
    await navigator.share?.({ url }).catch(() => {}); // who closes the phone's own sheet has the link all the same
  });
  at('back').onclick = tried(async () => {
    await ask(path, { method: 'DELETE' });
    shown('');
  });
  json(path).then(({ url }) => shown(url), () => {}); // made before a reload
}

async function begin() {
  at('start').onsubmit = (event) => { event.preventDefault(); tried(start)(); };
  const campaign = await json(`/v1/campaigns/${CAMPAIGN}`);
  at('title').textContent = campaign.title;
  at('hours').textContent = `${campaign.keep_hours} ${campaign.keep_hours === 1 ? 'hour' : 'hours'}`;
  at('days').textContent = `${campaign.share_days} days`;
  show('public', campaign.share_days > 0);
  at('name').maxLength = 4 * campaign.name_max_graphemes; // graphemes are counted by the gateway
  const word = ({ text }) => Object.assign(document.createElement('span'), { textContent: `${text} ` });
  at('words').append(...campaign.syllables.map(word));
  show('record', Boolean(campaign.links.backing && navigator.mediaDevices));
  show('listen', Boolean(campaign.links.guide));

  at('selfie').onchange = () => {
    at('face').style.backgroundImage = `url(${URL.createObjectURL(at('selfie').files[0])})`;
    at('face').textContent = '';
  };
  at('record').onclick = tried(() => record(campaign));
  at('listen').onclick = tried(() => sing(campaign.links.guide, campaign).play());
  at('file').onchange = tried(() => new Upload('take').add(at('file').files[0]));
  at('erase').onclick = tried(async () => {
    await ask(`/v1/sessions/${session.id}`, { method: 'DELETE' });
    sessionStorage.clear();
    location.reload();
  });
  if (session) await resume();
}

async function start() {
  say('');
  if (!session) {
    const asked = { campaign: CAMPAIGN, name: at('name').value, locale: navigator.language, consent: at('consent').checked };
    const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': wish };
    session = await json('/v1/sessions', { method: 'POST', headers, body: JSON.stringify(asked) }).catch((error) => {
      if (error.reason) wish = crypto.randomUUID(); // it was answered: the next wish is another one
      throw error;
    });
    sessionStorage.setItem('session', JSON.stringify(session));
    show('sing');
    follow();
  }
  show('start', false);
  await new Upload('selfie').add(at('selfie').files[0]);
}

async function resume() {
  try {
    Object.assign(session, await json(`/v1/sessions/${session.id}`)); // its links are new
  } catch (error) {
    if (!error.reason) throw error;
    sessionStorage.clear(); // erased or expired
    session = null;
    return;
  }
  show('start', !session.stages.some(({ stage }) => stage === 'selfie'));
  show('sing');
  follow();
}

tried(begin)();
