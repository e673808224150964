export const en = {
  again: "Try again", cancel: "Cancel", close: "Close", loading: "Loading…", menu: "Menu", skip: "Skip to content", undo: "Undo",
  save: "Save", why: "Reason", "why.hint": "kept in the history", more: "Show more", copy: "Copy", copied: "Copied", none: "none", nobody: "nobody", refresh: "Refresh",

  "page.incidents": "Incidents", "page.overview": "Overview", "page.alerts": "Alerts", "page.network": "Network", "page.search": "Search", "page.rules": "Rules", "page.settings": "Settings",

  "state.forbidden": "You may not see this", "state.unreachable": "Vedette does not answer", "state.unreachable.fix": "Is it running? On its machine: vedette run, or vedette serve. This page tries again.",
  "state.failed": "This did not work", "state.missing": "This is not here", "state.no_page": "There is no such page.",

  "door.name": "Name", "door.password": "Password", "door.enter": "Sign in", "door.leave": "Sign out", "door.by_link": "Signing in by the link…",
  "door.link": "No password yet, or lost? On the machine itself, this prints a one-time link:",

  palette: "Go to", "palette.go": "Go to…", "palette.hint": "Type a few letters", "palette.nothing": "Nothing is called like that.",
  keys: "Keyboard", "key.palette": "Go anywhere", "key.search": "Filter or search", "key.next": "Next", "key.previous": "Previous", "key.open": "Open", "key.select": "Select", "key.close": "Close", "key.help": "This list",

  theme: "Theme", "theme.dark": "Dark theme", "theme.light": "Light theme", "theme.system": "Theme of the system", language: "Language",

  "pulse.good": "Agent runs", "pulse.none": "No agent runs", "pulse.unknown": "No connection", "pulse.faults.one": "{n} fault", "pulse.faults.other": "{n} faults",
  "time.never": "never", "time.utc": "Times in UTC",

  "role.viewer": "viewer", "role.analyst": "analyst", "role.responder": "responder", "role.admin": "administrator",
  "scope.read": "read", "scope.work": "work", "scope.block": "block", "scope.admin": "administer",
  "level.critical": "Critical", "level.high": "High", "level.medium": "Medium", "level.low": "Low", "level.informational": "Info",

  "tab.account": "Account", "tab.users": "Users", "tab.tokens": "API keys", "tab.audit": "Audit log", "tab.config": "Configuration", "tab.system": "System",
  "account.password": "Set a password", "account.password.none": "You came by a link and have no password yet. Set one, so that you can come back.",
  "account.current": "Current password", "account.new": "New password", "account.done": "Password set; other sessions ended", "account.sessions": "Where you are signed in", "account.this": "since {since}, last used {used}", "account.end": "Sign out there",
  "users.add": "Add user", "users.name": "Name", "users.role": "Role", "users.state": "State", "users.created": "Created", "users.disabled": "disabled", "users.active": "active", "users.no_password": "no password yet",
  "users.disable": "Disable", "users.enable": "Enable", "users.remove": "Remove", "users.link": "Sign-in link", "users.link.about": "Signs {name} in once, within a day. Send it on a safe way; it is shown only now.", "users.remove.sure": "Remove {name} with all sessions and keys? The audit log keeps what it says of them.",
  "tokens.add": "New key", "tokens.name": "Name", "tokens.scopes": "May", "tokens.expires": "Expires", "tokens.used": "Last used", "tokens.owner": "Owner", "tokens.days": "Days until it expires", "tokens.revoke": "Revoke", "tokens.revoked": "revoked", "tokens.over": "expired", "tokens.secret": "This is the key. It is shown only now.", "tokens.none": "No keys yet", "tokens.none.about": "A key lets a program use the API, with only the rights that you give it.", "tokens.everybody": "Everybody's",
  "audit.who": "Who", "audit.what": "What", "audit.subject": "On", "audit.result": "Result", "audit.detail": "Detail", "audit.when": "When", "audit.from": "From", "audit.verify": "Verify the chain", "audit.good.one": "The chain of {n} entry is unbroken", "audit.good.other": "The chain of {n} entries is unbroken", "audit.bad": "The chain is broken", "audit.none": "No entries", "audit.cli": "command line",
  "config.file": "File", "config.no_file": "There is no settings file: everything is a default or from the environment.", "config.text": "The file", "config.force": "In force", "config.origin": "from", "config.default": "default", "config.filter": "Filter settings", "config.read_only": "Read only here: change the file, and the agent takes it over within seconds.",
  "system.data": "Data", "system.events": "Events kept", "system.size": "Size", "system.alerts": "Alerts", "system.agent": "Agent", "system.version": "Version", "system.sources": "Sources", "system.source": "Source", "system.files": "Files", "system.lag": "Behind", "system.fault": "Fault", "system.rules": "Rules", "system.rules.of": "{run} run, {refused} refused", "system.rate": "Records per second", "system.since": "Runs since", "system.period": "Events from", "system.blocking": "Blocking", "system.fine": "nothing",
};
