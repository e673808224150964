// `?`: every key that does something.
import { Fragment } from "react";
import { t, type Key as TextKey } from "../text";
import { Key } from "../ui/basic";
import { Dialog } from "../ui/dialog";
import { PAGES } from "./pages";

const KEYS: [string[], TextKey][] = [
  [["Ctrl", "K"], "key.palette"],
  [["/"], "key.search"],
  [["j"], "key.next"],
  [["k"], "key.previous"],
  [["Enter"], "key.open"],
  [["x"], "key.select"],
  [["Esc"], "key.close"],
  [["?"], "key.help"],
];

export function Shortcuts({ onClose }: { onClose: () => void }) {
  const rows: [string[], string][] = [...KEYS.map(([keys, text]): [string[], string] => [keys, t(text)]), ...PAGES.map((page): [string[], string] => [["g", page.key], t(page.text)])];
  return (
    <Dialog title={t("keys")} onClose={onClose}>
      <dl className="grid grid-cols-[auto_1fr] items-center gap-x-5 gap-y-2 p-4">
        {rows.map(([keys, text]) => (
          <Fragment key={text}>
            <dt className="flex gap-1">
              {keys.map((each) => (
                <Key key={each}>{each}</Key>
              ))}
            </dt>
            <dd>{text}</dd>
          </Fragment>
        ))}
      </dl>
    </Dialog>
  );
}
