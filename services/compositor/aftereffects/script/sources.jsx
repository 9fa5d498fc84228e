/** Footage and stills: copied into the campaign once each, under names that no two files share. */
(function () {
	/** Copies files of a project into a campaign folder. Without a folder it only gives names. */
	fancam.Files = function (folder) {
		this.folder = folder;
		this.paths = {};
		this.taken = {};
	};

	/**
	 * Where a file of the project lies in the campaign; copies it there on the first call.
	 *
	 * @return A path inside the campaign, or null with a loss when it cannot be copied.
	 */
	fancam.Files.prototype.bring = function (job, file, room) {
		var known = this.paths[file.fsName];
		var name;
		if (known) return known;
		if (!file.exists) {
			job.losses.add('lost', 'Source', 'the file ' + file.fsName + ' is missing');
			return null;
		}
		name = this.free(room, plainName(file.name));
		if (this.folder && !copied(file, this.folder, room, name)) {
			job.losses.add('lost', 'Source', 'the file ' + file.fsName + ' could not be copied');
			return null;
		}
		this.paths[file.fsName] = room + '/' + name;
		return room + '/' + name;
	};

	fancam.Files.prototype.free = function (room, name) {
		var dot = name.lastIndexOf('.');
		var stem = dot > 0 ? name.slice(0, dot) : name;
		var ending = dot > 0 ? name.slice(dot) : '';
		var candidate = name;
		for (var number = 2; this.taken[room + '/' + candidate.toLowerCase()]; number++) candidate = stem + '_' + number + ending;
		this.taken[room + '/' + candidate.toLowerCase()] = true;
		return candidate;
	};

	function copied(file, folder, room, name) {
		var target = new Folder(folder.fsName + '/' + room);
		if (!target.exists && !target.create()) return false;
		return file.copy(target.fsName + '/' + name);
	}

	/** A name that every system and address can hold. */
	function plainName(name) {
		return decodeURI(name).replace(/[^A-Za-z0-9._-]+/g, '_').replace(/^[._]+/, '').toLowerCase() || 'file';
	}

	fancam.extension = function (name) {
		var match = /\.([A-Za-z0-9]+)$/.exec(name);
		return match ? match[1].toLowerCase() : '';
	};

	/**
	 * A layer's footage item as one of a shot's sources, in `made`.
	 *
	 * @return Whether it could be exported; otherwise the loss is named and the layer is only a place.
	 */
	fancam.footage = function (job, layer, made) {
		var item = layer.source;
		var source = item.mainSource;
		var ending;
		var path;
		if (source instanceof SolidSource) {
			made.solid = { width: item.width, height: item.height, color: fancam.color(source.color) };
			return true;
		}
		if (source instanceof PlaceholderSource || item.footageMissing) return dropped('the footage ' + item.name + ' is missing');
		if (!item.hasVideo) {
			job.losses.add('note', 'Source', 'sound comes from the song, not from layers');
			return false;
		}
		if (item.pixelAspect !== 1) job.losses.add('lost', 'Source/Pixel Aspect Ratio', 'pixels of a shot are square');
		ending = fancam.extension(item.file.name);
		if (source.isStill) {
			if (!fancam.PICTURES[ending]) return dropped('pictures are PNG, JPEG or WebP, not ' + ending + '; save ' + item.file.name + ' as PNG');
			path = job.files.bring(job, item.file, 'art');
			if (path) made.image = { path: path };
			return Boolean(path);
		}
		if (!fancam.CLIPS[ending]) return dropped('clips are H.264 in MP4, not ' + ending + '; convert ' + item.file.name + ' (a sequence of pictures, too)');
		if (source.hasAlpha) job.losses.add('lost', 'Source/Alpha', 'clips have no transparency; use a luma matte, or a picture');
		if (Math.abs((source.conformFrameRate || item.frameRate) - job.rate) > 0.01) {
			job.losses.add('lost', 'Source/Frame Rate', 'clips have the frame rate of the composition (' + job.rate + ', not ' + (source.conformFrameRate || item.frameRate) + ')');
		}
		if (source.loop > 1) job.losses.add('lost', 'Source/Loop', 'clips are shown once; make the clip as long as it is seen');
		path = job.files.bring(job, item.file, 'footage');
		if (!path) return false;
		made.footage = { path: path, width: item.width, height: item.height };
		return true;

		function dropped(why) {
			job.losses.add('lost', 'Source', why);
			return false;
		}
	};
})();
