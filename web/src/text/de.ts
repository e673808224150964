import type { Table } from "./index";

export const de: Table = {
  again: "Noch einmal", cancel: "Abbrechen", close: "Schließen", loading: "Lädt …", menu: "Menü", skip: "Zum Inhalt", undo: "Rückgängig",
  save: "Speichern", why: "Grund", "why.hint": "steht im Verlauf", more: "Mehr zeigen", copy: "Kopieren", copied: "Kopiert", none: "keine", nobody: "niemand", refresh: "Neu laden",

  "page.incidents": "Vorfälle", "page.overview": "Übersicht", "page.alerts": "Alarme", "page.network": "Netzwerk", "page.search": "Suche", "page.rules": "Regeln", "page.settings": "Einstellungen",

  "state.forbidden": "Das dürfen Sie nicht sehen", "state.unreachable": "Vedette antwortet nicht", "state.unreachable.fix": "Läuft es? Auf dem Rechner: vedette run oder vedette serve. Diese Seite versucht es wieder.",
  "state.failed": "Das hat nicht geklappt", "state.missing": "Das gibt es nicht", "state.no_page": "Diese Seite gibt es nicht.",

  "door.name": "Name", "door.password": "Passwort", "door.enter": "Anmelden", "door.leave": "Abmelden", "door.by_link": "Anmeldung mit dem Link …",
  "door.link": "Noch kein Passwort, oder vergessen? Auf dem Rechner selbst gibt dies einen Link aus, der einmal gilt:",

  palette: "Gehe zu", "palette.go": "Gehe zu …", "palette.hint": "Ein paar Buchstaben tippen", "palette.nothing": "Nichts heißt so.",
  keys: "Tastatur", "key.palette": "Überall hin", "key.search": "Filtern oder suchen", "key.next": "Nächster", "key.previous": "Voriger", "key.open": "Öffnen", "key.select": "Auswählen", "key.close": "Schließen", "key.help": "Diese Liste",

  theme: "Farben", "theme.dark": "Dunkel", "theme.light": "Hell", "theme.system": "Wie das System", language: "Sprache",

  "pulse.good": "Agent läuft", "pulse.none": "Kein Agent läuft", "pulse.unknown": "Keine Verbindung", "pulse.faults.one": "{n} Störung", "pulse.faults.other": "{n} Störungen",
  "time.never": "nie", "time.utc": "Zeiten in UTC",

  "role.viewer": "Betrachter", "role.analyst": "Analyst", "role.responder": "Abwehr", "role.admin": "Verwalter",
  "scope.read": "lesen", "scope.work": "bearbeiten", "scope.block": "sperren", "scope.admin": "verwalten",
  "level.critical": "Kritisch", "level.high": "Hoch", "level.medium": "Mittel", "level.low": "Niedrig", "level.informational": "Info",

  "tab.account": "Konto", "tab.users": "Benutzer", "tab.tokens": "API-Schlüssel", "tab.audit": "Protokoll", "tab.config": "Konfiguration", "tab.system": "System",
  "account.password": "Passwort setzen", "account.password.none": "Sie kamen mit einem Link und haben noch kein Passwort. Setzen Sie eines, damit Sie wiederkommen können.",
  "account.current": "Bisheriges Passwort", "account.new": "Neues Passwort", "account.done": "Passwort gesetzt; andere Sitzungen sind beendet", "account.sessions": "Wo Sie angemeldet sind", "account.this": "seit {since}, zuletzt benutzt {used}", "account.end": "Dort abmelden",
  "users.add": "Benutzer anlegen", "users.name": "Name", "users.role": "Rolle", "users.state": "Zustand", "users.created": "Angelegt", "users.disabled": "gesperrt", "users.active": "aktiv", "users.no_password": "noch kein Passwort",
  "users.disable": "Sperren", "users.enable": "Freigeben", "users.remove": "Entfernen", "users.link": "Anmeldelink", "users.link.about": "Meldet {name} einmal an, innerhalb eines Tages. Auf sicherem Weg schicken; er steht nur jetzt hier.", "users.remove.sure": "{name} mit allen Sitzungen und Schlüsseln entfernen? Das Protokoll behält seine Einträge.",
  "tokens.add": "Neuer Schlüssel", "tokens.name": "Name", "tokens.scopes": "Darf", "tokens.expires": "Läuft ab", "tokens.used": "Zuletzt benutzt", "tokens.owner": "Inhaber", "tokens.days": "Tage bis zum Ablauf", "tokens.revoke": "Widerrufen", "tokens.revoked": "widerrufen", "tokens.over": "abgelaufen", "tokens.secret": "Das ist der Schlüssel. Er steht nur jetzt hier.", "tokens.none": "Noch keine Schlüssel", "tokens.none.about": "Mit einem Schlüssel benutzt ein Programm die API, nur mit den Rechten, die Sie ihm geben.", "tokens.everybody": "Von allen",
  "audit.who": "Wer", "audit.what": "Was", "audit.subject": "Woran", "audit.result": "Ergebnis", "audit.detail": "Einzelheiten", "audit.when": "Wann", "audit.from": "Von", "audit.verify": "Kette prüfen", "audit.good.one": "Die Kette aus {n} Eintrag ist unversehrt", "audit.good.other": "Die Kette aus {n} Einträgen ist unversehrt", "audit.bad": "Die Kette ist gebrochen", "audit.none": "Keine Einträge", "audit.cli": "Kommandozeile",
  "config.file": "Datei", "config.no_file": "Es gibt keine Datei mit Einstellungen: alles ist Vorgabe oder kommt aus der Umgebung.", "config.text": "Die Datei", "config.force": "In Kraft", "config.origin": "aus", "config.default": "Vorgabe", "config.filter": "Einstellungen filtern", "config.read_only": "Hier nur zu lesen: Ändern Sie die Datei, und der Agent übernimmt sie in Sekunden.",
  "system.data": "Daten", "system.events": "Ereignisse", "system.size": "Größe", "system.alerts": "Alarme", "system.agent": "Agent", "system.version": "Version", "system.sources": "Quellen", "system.source": "Quelle", "system.files": "Dateien", "system.lag": "Rückstand", "system.fault": "Störung", "system.rules": "Regeln", "system.rules.of": "{run} laufen, {refused} abgelehnt", "system.rate": "Datensätze je Sekunde", "system.since": "Läuft seit", "system.period": "Ereignisse von", "system.blocking": "Sperren", "system.fine": "keine",
};
