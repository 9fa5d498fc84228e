/** The panel: choose compositions and the campaign's folder, export, and read what was lost. */
(function () {
	/** Every composition of the project, by name. */
	function compositions() {
		var found = [];
		for (var i = 1; i <= app.project.numItems; i++) {
			if (app.project.item(i) instanceof CompItem) found.push(app.project.item(i));
		}
		found.sort(function (one, other) {
			return one.name < other.name ? -1 : one.name > other.name ? 1 : 0;
		});
		return found;
	}

	/** @param host The panel that After Effects docks, or the script's global object, for which a window is made. */
	fancam.openPanel = function (host) {
		var docked = typeof Panel !== 'undefined' && host instanceof Panel;
		var window = docked ? host : new Window('palette', 'Fancam export', undefined, { resizeable: true });
		var folder = null;
		var comps = [];
		window.orientation = 'column';
		window.alignChildren = ['fill', 'top'];

		window.add('statictext', undefined, 'Compositions');
		var list = window.add('listbox', undefined, [], { multiselect: true });
		list.preferredSize = [280, 140];
		var refresh = window.add('button', undefined, 'Refresh');
		var choose = window.add('button', undefined, 'Campaign folder ...');
		var where = window.add('statictext', undefined, 'no folder chosen', { truncate: 'middle' });
		var strict = window.add('checkbox', undefined, 'Strict: write nothing that would lose something');
		var go = window.add('button', undefined, 'Export');
		var summary = window.add('statictext', undefined, '', { multiline: true });
		var report = window.add('listbox', undefined, [], {
			numberOfColumns: 4, showHeaders: true, columnTitles: ['Severity', 'Layer', 'Property', 'Why']
		});
		report.preferredSize = [280, 180];

		function fill() {
			comps = compositions();
			list.removeAll();
			for (var i = 0; i < comps.length; i++) {
				list.add('item', comps[i].name);
				if (comps[i] === app.project.activeItem) list.items[i].selected = true;
			}
		}

		function chosen() {
			var found = [];
			for (var i = 0; i < comps.length; i++) if (list.items[i].selected) found.push(comps[i]);
			return found;
		}

		function show(result) {
			var loss;
			var row;
			report.removeAll();
			for (var i = 0; i < result.losses.length; i++) {
				loss = result.losses[i];
				row = report.add('item', loss.severity);
				row.subItems[0].text = loss.composition + ' / ' + loss.layer;
				row.subItems[1].text = loss.property;
				row.subItems[2].text = loss.why;
			}
			summary.text = result.shots.length + ' shots, ' + result.losses.length + ' losses' + (strict.value && !result.ok ? ': nothing was written' : '');
		}

		refresh.onClick = fill;
		choose.onClick = function () {
			folder = Folder.selectDialog('The campaign folder') || folder;
			if (folder) where.text = folder.fsName;
		};
		go.onClick = function () {
			if (!folder || !chosen().length) {
				summary.text = folder ? 'choose a composition' : 'choose the campaign folder';
				return;
			}
			app.beginUndoGroup('Fancam export');
			try {
				show(fancam.exportCompositions(chosen(), folder, strict.value));
			} catch (error) {
				summary.text = String(error) + (error.line ? ' (line ' + error.line + ')' : '');
			}
			app.endUndoGroup();
		};

		fill();
		if (docked) window.layout.layout(true);
		else {
			window.center();
			window.show();
		}
		return window;
	};
})();
