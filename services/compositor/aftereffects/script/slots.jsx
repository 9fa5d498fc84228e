/**
 * Slots for the fan, written by the designer into layer markers. The first line names the slot, each further one a value:
 *
 *     slot: avatar                the fan's avatar, or with `recipe: recipes/mika.json` a band member
 *     dance: sing_close           sings: yes      expression: smile     microphone: yes
 *     camera: 0 1.05 2.6          target: 0 1.35 0      fov: 28
 *     key: #fff4e6   rim: #ff79c9   fill: #5a46c8   azimuth: 20
 *
 *     slot: name                  on a text layer; `fit: 470` is its greatest width, `text: HI {name}!` stands around it
 *     slot: photo                 a portrait of the avatar inside the marked layer; a face never reaches a film
 *     slot: message               on a text layer
 *
 * Later markers of the layer with `camera`, `target` or `dance` move the camera on, or change the dance, at their time.
 */
(function () {
	var KINDS = { avatar: true, name: true, photo: true, message: true };
	var KNOWN = {
		slot: true, recipe: true, dance: true, sings: true, expression: true, microphone: true, camera: true, target: true, fov: true,
		key: true, rim: true, fill: true, azimuth: true, tempo: true, fit: true, text: true, font: true, ease: true
	};
	var PORTRAIT = { dance: 'idle_sway', expression: 'smile', camera: '0 1.42 1.3', target: '0 1.35 0', fov: '28' };

	/** What a layer's markers say of a slot; null when they say nothing. */
	fancam.slot = function (job, layer) {
		var markers = layer.property('ADBE Marker');
		var slot = null;
		var notes;
		for (var i = 1; markers && i <= markers.numKeys; i++) {
			notes = lines(job, markers.keyValue(i).comment);
			if (!notes) continue;
			if (notes.slot && !slot) {
				if (!KINDS.hasOwnProperty(notes.slot)) {
					job.losses.add('lost', 'Marker ' + i, 'there is no slot ' + notes.slot + ', only avatar, name, photo and message');
					continue;
				}
				slot = { kind: notes.slot, cues: [] };
				if (notes.fit) slot.fit = Number(notes.fit);
				slot.text = notes.text;
				slot.font = notes.font;
			}
			if (slot) slot.cues.push({ frame: fancam.frameAt(markers.keyTime(i), job.rate), notes: notes });
		}
		if (slot && slot.kind === 'message') job.losses.add('lost', 'Marker', 'fans are asked for no message yet; the text stays as it is');
		return slot;
	};

	/** `key: value` lines; null when there are none. */
	function lines(job, comment) {
		var found = {};
		var any = false;
		var rows = String(comment).split(/[\r\n]+/);
		var match;
		for (var i = 0; i < rows.length; i++) {
			match = /^\s*([a-z]+)\s*:\s*(.*?)\s*$/.exec(rows[i]);
			if (!match) continue;
			if (!KNOWN.hasOwnProperty(match[1])) {
				job.losses.add('note', 'Marker', 'the line "' + rows[i] + '" is not one that slots know');
				continue;
			}
			found[match[1]] = match[2];
			any = true;
		}
		return any ? found : null;
	}

	/** The staging of an avatar, from the markers' notes. */
	fancam.staging = function (job, slot) {
		var first = slot.cues[0].notes;
		var usual = slot.kind === 'photo' ? PORTRAIT : {};
		var staging = {};
		var dances = [];
		function note(name) {
			return first[name] !== undefined ? first[name] : usual[name];
		}
		staging.dance = note('dance');
		staging.expression = note('expression');
		if (yes(note('sings'))) staging.sings = true;
		if (yes(note('microphone'))) staging.microphone = true;
		if (note('fov')) staging.field_of_view_deg = Number(note('fov'));
		if (note('tempo')) staging.tempo_bpm = Number(note('tempo'));
		if (note('azimuth')) staging.key_azimuth_deg = Number(note('azimuth'));
		light('key', 'key_light');
		light('rim', 'rim_light');
		light('fill', 'fill_light');
		staging.camera_position = moving(slot.cues, 'camera', usual.camera);
		staging.camera_target = moving(slot.cues, 'target', usual.target);
		for (var i = 1; i < slot.cues.length; i++) {
			if (slot.cues[i].notes.dance) dances.push({ frame: Math.max(0, slot.cues[i].frame), dance: slot.cues[i].notes.dance });
		}
		if (dances.length) staging.dances = dances;
		return staging;

		function light(name, field) {
			var match = /^#?([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(note(name) || '');
			if (match) staging[field] = { red: parseInt(match[1], 16), green: parseInt(match[2], 16), blue: parseInt(match[3], 16) };
			else if (note(name)) job.losses.add('lost', 'Marker', name + ': "' + note(name) + '" is no colour such as #ff79c9');
		}
	};

	function yes(word) {
		return word === 'yes' || word === 'true' || word === '1';
	}

	/** Three numbers per marker that has them, eased from one to the next. */
	function moving(cues, name, usual) {
		var keyframes = [];
		var value;
		for (var i = 0; i < cues.length; i++) {
			value = cues[i].notes[name] === undefined && i === 0 ? usual : cues[i].notes[name];
			if (value === undefined) continue;
			keyframes.push({ frame: cues[i].frame, value: numbers(value) });
			if (cues[i].notes.ease !== 'no') {
				keyframes[keyframes.length - 1].ease_out = { x: 0.4, y: 0 };
				keyframes[keyframes.length - 1].ease_in = { x: 0.6, y: 1 };
			}
		}
		if (!keyframes.length) return undefined;
		if (keyframes.length === 1) return { value: keyframes[0].value };
		delete keyframes[keyframes.length - 1].ease_out;
		delete keyframes[keyframes.length - 1].ease_in;
		return { keyframes: keyframes };
	}

	function numbers(text) {
		var parts = text.split(/[\s,]+/);
		var found = [];
		for (var i = 0; i < parts.length; i++) found.push(Number(parts[i]));
		return found;
	}
})();
