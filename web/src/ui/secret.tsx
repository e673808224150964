// A secret that is shown once.
import { useState } from "react";
import { t } from "../text";
import { Button } from "./basic";
import { Dialog } from "./dialog";

export function Secret({ title, about, text, onClose }: { title: string; about: string; text: string; onClose: () => void }) {
  const [copied, setCopied] = useState(false);
  return (
    <Dialog title={title} onClose={onClose}>
      <div className="flex flex-col gap-3 p-4">
        <p>{about}</p>
        <code className="bg-ground border-line evidence rounded border p-2 select-all">{text}</code>
        <Button look="main" className="self-end" onClick={() => void navigator.clipboard?.writeText(text).then(() => setCopied(true))}>
          {copied ? t("copied") : t("copy")}
        </Button>
      </div>
    </Dialog>
  );
}
