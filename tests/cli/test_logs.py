"""Following a step's log while it works."""


def test_follow_prints_until_the_step_ends(noria, eventually):
    run = noria.start("run", "toy", "--set", "square.trouble.sleep=3")
    eventually(lambda: list(noria.home.glob("runs/*/logs/square.log")), lambda: "not started")
    done = noria("logs", "last", "square", "--follow")
    assert done.stdout == "working on 5 numbers\n"
    # Started while the step worked, it ended with the step, not with the run.
    assert noria.json("show", "last")["steps"][2]["state"] == "succeeded"
    assert run.wait(timeout=300) == 0
    run.communicate()
