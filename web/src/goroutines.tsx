import { useMemo, useState } from 'preact/hooks';
import type { Group, Waiting } from './documents';
import { bytes, count, durations, plural, safe } from './format';
import { At, matches, Search, Section, Stack, useMore } from './parts';

const range = (wait: Group['wait_s']): [number, number] | null =>
	typeof wait === 'number' ? [wait, wait] : wait;

function waits(waiting: Waiting): string {
	const parts = [waiting.kind];
	for (const channel of waiting.channels ?? []) {
		const state = [`${channel.length} of ${channel.capacity}`];
		if (channel.closed) state.push('closed');
		state.push(plural(channel.receivers, 'receiver'), plural(channel.senders, 'sender'));
		parts.push(`${channel.element ? `chan ${channel.element} ` : ''}${channel.address ?? ''} (${state.join(', ')})`);
	}
	if (waiting.others) parts.push(`with ${plural(waiting.others, 'other')}`);
	if (waiting.name) parts.push(waiting.name);
	if (waiting.remote_address) parts.push(`${waiting.local_address ?? ''} ↔ ${waiting.remote_address}`);
	return safe(parts.join(' · '), 400);
}

function textOf(group: Group): string {
	return [group.state, group.leaked, group.created_by?.function, ...group.stack.map((frame) => `${frame.function} ${frame.file}`)].join(' ');
}

function One({ group, open }: { group: Group; open: boolean }) {
	const wait = durations(range(group.wait_s));
	// What the runtime does to put it to sleep says less than who called that.
	const top = group.stack.find((frame) => !/^(runtime|sync|internal\/)[./]/.test(frame.function ?? '')) ?? group.stack[0];
	return (
		<details class="group" open={open}>
			<summary>
				<span class="number">{count(group.count ?? 1)}</span>
				<span class="state">{safe(group.state, 60) || 'state unknown'}</span>
				{top && <At at={top} />}
				{group.leaked && <span class="certainty proved">never wakes</span>}
				{wait && <span class="wait">{wait}</span>}
			</summary>
			<Stack frames={group.stack} elided={group.elided} after={group.elided_after} />
			<p class="facts">
				{[
					group.waiting_for && `waits for ${waits(group.waiting_for)}`,
					group.stack_bytes != null && `${bytes(group.stack_bytes)} of stack`,
					(group.example ?? group.id) != null && `goroutine ${group.example ?? group.id}`,
				].filter(Boolean).join(' · ')}
			</p>
			{group.created_by && <p class="where"><span class="word">started by</span> <At at={group.created_by} /></p>}
		</details>
	);
}

export function Goroutines(props: { groups: Group[]; total: number; all?: boolean; id?: string; title?: string }) {
	const { groups } = props;
	const [words, setWords] = useState('');
	const shown = useMemo(() => groups.filter((group) => matches(textOf(group), words)), [groups, words]);
	const sum = shown.reduce((total, group) => total + (group.count ?? 1), 0);
	const [some, more] = useMore(shown, 50);
	const note = props.all ? plural(props.total, 'goroutine')
		: `${plural(props.total, 'goroutine')} in ${plural(groups.length, 'group')}`;
	return (
		<Section id={props.id ?? 'goroutines'} title={props.title ?? 'Goroutines'} note={note}>
			<div class="tools">
				<Search label="Search stacks" value={words} onInput={setWords} />
			</div>
			<p class="status" role="status">{words && `${plural(sum, 'goroutine')} match`}</p>
			{some.map((group, i) => <One key={`${group.example ?? group.id}-${i}`} group={group} open={groups.length === 1} />)}
			{more}
		</Section>
	);
}
