// Signed in or not: the dashboard, or the door. Who comes by a link is at the door, whoever was signed in before.
import { RouterProvider } from "@tanstack/react-router";
import { useState } from "react";
import { Failed, Loading } from "../ui/states";
import { Toasts } from "../ui/toast";
import { SignIn, takeLink } from "./door";
import { router } from "./router";
import { useMe } from "./session";

export function Root() {
  const [link] = useState(() => takeLink(location, history));
  const me = useMe(link === null);
  return (
    <>
      {me.data ? (
        <RouterProvider router={router} />
      ) : link !== null || me.data === null ? (
        <SignIn link={link} />
      ) : me.error ? (
        <Failed error={me.error} again={() => void me.refetch()} />
      ) : (
        <Loading />
      )}
      <Toasts />
    </>
  );
}
