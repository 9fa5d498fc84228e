/** Compositions as shots: one file each, with everything nested in it, beside a report of what was lost. */
(function () {
	fancam.VERSION = 'fancam-after-effects 1';

	/**
	 * Export compositions into a campaign's folder: `shots/<id>.json`, `shots/<id>.losses.json`, `art/` and `footage/`.
	 *
	 * @param comps CompItems.
	 * @param folder A Folder; null writes nothing and only reports.
	 * @param strict Write no shot that lost something.
	 * @return `{ shots: [{ id, path, shot }], losses, ok }`; `ok` is whether nothing was lost that is to be seen.
	 */
	fancam.exportCompositions = function (comps, folder, strict) {
		var result = read(comps, new fancam.Files(strict ? null : folder));
		if (!folder) return result;
		// Strict, and nothing was lost: only now are files copied.
		if (strict && result.ok) result = read(comps, new fancam.Files(folder));
		write(result, folder, !strict || result.ok);
		return result;
	};

	function read(comps, files) {
		var result = { shots: [], losses: [], ok: true };
		var ids = {};
		var losses;
		for (var i = 0; i < comps.length; i++) {
			losses = new fancam.Losses();
			result.shots.push(shot(comps[i], uniqueId(comps[i].name, ids), files, losses));
			result.losses = result.losses.concat(losses.list);
			if (losses.count('lost')) result.ok = false;
		}
		return result;
	}

	function shot(comp, id, files, losses) {
		var rate = comp.frameRate;
		var shared = { list: [], known: {}, taken: {}, open: {} };
		var whole = composed(comp, rate, files, losses, shared, false);
		var made = {
			id: id,
			width: comp.width,
			height: comp.height,
			frames: Math.round(comp.duration * rate),
			background: fancam.color(comp.bgColor),
			motion_blur: comp.motionBlur ? {
				shutter_angle_deg: comp.shutterAngle,
				shutter_phase_deg: comp.shutterPhase,
				samples: Math.min(64, comp.motionBlurSamplesPerFrame)
			} : undefined,
			working_space: app.project.linearBlending || app.project.linearizeWorkingSpace ? 'WORKING_SPACE_LINEAR' : undefined,
			layers: whole.layers,
			compositions: shared.list.length ? shared.list : undefined
		};
		filmed(made, whole);
		if (!made.layers.length) {
			losses.composition = comp.name;
			losses.layer = '';
			losses.add('lost', '', 'the composition has no layer that is drawn');
			made.layers.push({ name: 'nothing', 'null': {} });
		}
		return { id: id, path: 'shots/' + id + '.json', composition: comp.name, rate: rate, shot: made, losses: losses.list };
	}

	/** The layers, cameras and lights of one composition; compositions in it go to `shared`. */
	function composed(comp, rate, files, losses, shared, inner) {
		var job = {
			composition: comp,
			inner: inner,
			rate: rate,
			frames: Math.max(1, Math.round(comp.duration * rate)),
			width: comp.width,
			height: comp.height,
			files: files,
			losses: losses,
			compositionId: function (inner) {
				return nested(inner, rate, files, losses, shared);
			}
		};
		var before = { composition: losses.composition, layer: losses.layer, claimed: losses.claimed };
		var found;
		losses.composition = comp.name;
		losses.layer = '';
		if (comp.pixelAspect !== 1) losses.add('lost', 'Pixel Aspect Ratio', 'pixels of a shot are square');
		if (Math.abs(comp.frameRate - rate) > 0.001) losses.add('note', 'Frame Rate', 'a nested composition has the rate of the one around it');
		shared.open[comp.id] = true;
		found = fancam.layers(job);
		shared.open[comp.id] = false;
		losses.composition = before.composition;
		losses.layer = before.layer;
		losses.claimed = before.claimed;
		return found;
	}

	/** The name under which a shot holds a nested composition; reads it on the first call. */
	function nested(comp, rate, files, losses, shared) {
		var name = comp.name.slice(0, 100) || 'composition';
		var whole;
		var made;
		if (shared.known[comp.id]) return shared.known[comp.id];
		for (var number = 2; shared.taken['=' + name]; number++) name = comp.name.slice(0, 100) + ' ' + number;
		shared.taken['=' + name] = true;
		shared.known[comp.id] = name;
		whole = composed(comp, rate, files, losses, shared, true);
		made = {
			id: name,
			width: comp.width,
			height: comp.height,
			frames: Math.max(1, Math.round(comp.duration * rate)),
			layers: whole.layers.length ? whole.layers : [{ name: 'nothing', 'null': {} }]
		};
		filmed(made, whole);
		shared.list.push(made);
		return name;
	}

	/** One camera that is always on is `camera`; several are cut between. */
	function filmed(made, whole) {
		var only = whole.cameras.length === 1 ? whole.cameras[0] : null;
		if (only && !only.in_frame && only.out_frame === undefined) made.camera = only;
		else if (whole.cameras.length) made.cameras = whole.cameras;
		if (whole.lights.length) made.lights = whole.lights;
	}

	/** An id as shots have them: small letters, digits and dashes. */
	function uniqueId(name, taken) {
		var plain = name.toLowerCase().replace(/[^a-z0-9]+/g, '_').replace(/^[^a-z]+/, '').replace(/_+$/, '').slice(0, 50) || 'shot';
		var id = plain;
		for (var number = 2; taken[id]; number++) id = plain + '_' + number;
		taken[id] = true;
		return id;
	}

	function write(result, folder, shotsToo) {
		var room = new Folder(folder.fsName + '/shots');
		var made;
		var report;
		if (!room.exists) room.create();
		for (var i = 0; i < result.shots.length; i++) {
			made = result.shots[i];
			report = {
				exporter: fancam.VERSION,
				source: app.project.file ? app.project.file.name : '',
				composition: made.composition,
				frame_rate: made.rate,
				losses: made.losses
			};
			save(room.fsName + '/' + made.id + '.losses.json', report);
			if (shotsToo) save(folder.fsName + '/' + made.path, made.shot);
		}
	}

	function save(path, value) {
		var file = new File(path);
		file.encoding = 'UTF-8';
		file.lineFeed = 'Unix';
		if (!file.open('w')) throw new Error('cannot write ' + path + ': ' + file.error);
		file.write(fancam.json(value) + '\n');
		file.close();
	}
})();
