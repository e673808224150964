// Signed in or not: the dashboard, or the door.
import { RouterProvider } from "@tanstack/react-router";
import { Failed, Loading } from "../ui/states";
import { Toasts } from "../ui/toast";
import { SignIn } from "./door";
import { router } from "./router";
import { useMe } from "./session";

export function Root() {
  const me = useMe();
  return (
    <>
      {me.isPending ? <Loading /> : me.error ? <Failed error={me.error} again={() => void me.refetch()} /> : me.data ? <RouterProvider router={router} /> : <SignIn />}
      <Toasts />
    </>
  );
}
