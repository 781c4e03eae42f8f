import type { Memory } from './documents';
import { bytes, percent } from './format';
import { Section } from './parts';

const MEANING: Record<string, [string, string]> = {
	live: ['live', 'objects that the last collection kept'],
	since_gc: ['since GC', 'allocated since the last collection'],
	garbage: ['garbage', 'nobody refers to it; the next collection frees it'],
	fragmentation: ['fragmentation', 'free slots between objects'],
	free: ['free', 'kept by the runtime for later'],
	stacks: ['stacks', 'of goroutines'],
	runtime: ['runtime', 'its own tables'],
	executable: ['executable', 'code and data of the program file'],
	libraries: ['libraries', 'code and data of shared libraries'],
	not_go: ['not Go', 'C, threads and others'],
	files: ['files', 'mapped files'],
	unexplained: ['unexplained', 'what is left over'],
};

export function MemoryBar({ memory }: { memory: Memory }) {
	const parts = Object.entries(memory.parts).filter(([, value]) => value > 0).sort((a, b) => b[1] - a[1]);
	const total = parts.reduce((sum, [, value]) => sum + value, 0);
	const { cgroup, swapped, peak } = memory;
	const notes = [`${bytes(memory.resident)} resident`];
	if (peak != null && peak > memory.resident) notes.push(`${bytes(peak)} at most`);
	if (swapped) notes.push(`${bytes(swapped)} swapped out`);
	if (cgroup?.limit != null && cgroup.used != null)
		notes.push(`${bytes(cgroup.used)} of ${bytes(cgroup.limit)} that its group may use`);
	return (
		<Section id="memory" title="Memory" note={notes.join(' · ')}>
			<div class="bar" aria-hidden="true">
				{parts.map(([name, value]) => (
					<span key={name} class={`part ${name}`} style={{ flexGrow: value / total }} />
				))}
			</div>
			<div class="scroll" tabIndex={0} role="region" aria-label="Memory by part">
			<table class="legend">
				<thead>
					<tr><th scope="col">part</th><th scope="col" class="number">bytes</th><th scope="col" class="number">share</th><th scope="col">what it is</th></tr>
				</thead>
				<tbody>
					{parts.map(([name, value]) => (
						<tr key={name}>
							<th scope="row"><span class={`swatch part ${name}`} aria-hidden="true" /> {MEANING[name]?.[0] ?? name}</th>
							<td class="number">{bytes(value)}</td>
							<td class="number">{percent(value, total)}</td>
							<td>{MEANING[name]?.[1]}</td>
						</tr>
					))}
				</tbody>
			</table>
			</div>
		</Section>
	);
}
