import type { Place } from './documents';
import { count, safe } from './format';
import { At, Name, Section } from './parts';
import { Sortable } from './table';

export interface Left extends Place {
	test: string | null;
	count: number;
	state: string | null;
	created_by: Place | null;
}

// Goroutines that tests have left, of which it is not known whether they will ever end.
export function LeftBehind({ rows }: { rows: Left[] }) {
	return (
		<Section id="left" title="Left behind" note="by tests; whether these goroutines end is not known">
			<Sortable
				label="what is left" rows={rows} first="goroutines" text={(row) => `${row.test} ${row.function} ${row.state}`}
				columns={[
					{ title: 'test', value: (row) => row.test, view: (row) => <Name text={row.test} full /> },
					{ title: 'goroutines', value: (row) => row.count, view: (row) => count(row.count) },
					{ title: 'state', value: (row) => row.state, view: (row) => safe(row.state, 60) },
					{ title: 'at', value: (row) => row.function, view: (row) => <At at={row} /> },
				]}
			/>
		</Section>
	);
}

export interface Process {
	report: string | null;
	package: string | null;
	exe: string | null;
	finding_count: number;
	left_count: number;
}

export function Processes({ rows }: { rows: Process[] }) {
	return (
		<Section id="processes" title="Processes">
			<Sortable
				label="processes" rows={rows} first="findings" text={(row) => `${row.package} ${row.exe}`}
				columns={[
					{ title: 'package', value: (row) => row.package ?? row.exe, view: (row) => <Name text={row.package ?? row.exe ?? row.report} full /> },
					{ title: 'findings', value: (row) => row.finding_count, view: (row) => count(row.finding_count) },
					{ title: 'left', value: (row) => row.left_count, view: (row) => count(row.left_count) },
				]}
			/>
		</Section>
	);
}
