// Texts that a new rule begins with.

const SAMPLES = `# Each item by itself must match, or must not. A raw record, or an event as it was read.
match:
  - log: 'Jan 15 03:10:00 web1 sshd[812]: Failed password for admin from 203.0.113.45 port 51122 ssh2'
no_match:
  - log: 'Jan 15 03:10:00 web1 sshd[812]: Accepted password for anna from 192.0.2.10 port 51122 ssh2'
`;

/** A rule that runs, to be changed. */
export function fresh(): { text: string; samples: string } {
  const day = new Date().toISOString().slice(0, 10);
  return {
    samples: SAMPLES,
    text: `title: Refused login of a name that nobody should know
id: ${crypto.randomUUID()}
status: experimental
description: |
  Why this matters, what to check, and what it misses.
date: ${day}
tags: [attack.credential-access, attack.t1110]
logsource:
  category: authentication
detection:
  refused:
    event.outcome: failure
  name:
    user.name: [admin, oracle, postgres]
  condition: refused and name
falsepositives:
  - A person who mistyped the name
level: medium
`,
  };
}

/** A rule to begin one's own with: other ids, and other names, since both may be given only once. */
export function copied(text: string): string {
  const names = [...text.matchAll(/^name:\s*([\w.-]+)\s*$/gm)].map((each) => each[1] ?? "");
  const renamed = names.reduce((now, name) => now.replace(new RegExp(`(?<![\\w.-])${name.replaceAll(".", "\\.")}(?![\\w.-])`, "g"), `${name}_own`), text);
  return renamed.replace(/^id:.*$/gm, () => `id: ${crypto.randomUUID()}`);
}
