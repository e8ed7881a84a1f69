//! The classes of single commands.

use super::*;

fn check(class: EffectClass, commands: &[&str]) {
    for command in commands {
        assert_eq!(classify("bash", command), class, "{command}");
    }
}

#[test]
fn readers_and_pipelines_of_readers_observe() {
    check(
        EffectClass::Observe,
        &[
            "kubectl -n shop get pods -o wide | grep -v Running",
            "oc logs deploy/api --since=1h",
            "curl -fsS https://x/health | jq .status",
            "curl -s -o /dev/null -w '%{http_code}' https://x",
            "psql -Atc 'SELECT count(*) FROM orders'",
            "psql -c '\\dt+'",
            "redis-cli -h cache INFO memory",
            "aws s3 ls s3://b/ --recursive",
            "kubectl exec db-0 -- psql -c 'SELECT 1'",
            "for p in a b; do kubectl describe pod $p; done",
            "export X=$(kubectl get pods -o name | head -1)",
            "echo | openssl s_client -connect x:443 2>/dev/null | openssl x509 -noout -dates",
            "psql -h db shop",
            "timeout 5 curl -fsS https://x/health",
            "sudo cat /etc/shadow",
            "kubectl get pods -o name | xargs -n1 echo",
            "sed -n '1,5p' x | sed 's/a/b/g' | awk '{print $1}'",
        ],
    );
}

#[test]
fn what_merely_looks_like_reading_does_not_observe() {
    check(
        EffectClass::Unknown,
        &[
            "cat x | sh",
            "cat x | while read l; do sh; done",
            "gunzip < dump.gz | psql shop",
            "bash < fix.sh",
            "echo ${A:-$(reboot)}",
            "cat <<EOF\n$(reboot)\nEOF",
            "$TOOL status",
            "find / -exec ./fix.sh \\;",
            "find / -exec ls {} \\; -exec reboot \\;",
            "find / -okdir reboot \\;",
            "psql -c '\\lo_unlink 1'",
            "psql -c 'SELECT my_function()'",
            "psql -c 'SELECT lo_import /* */ \n (1)'",
            "psql -c 'SELECT \"f\" (1)'",
            "psql -f fix.sql",
            "curl -Q 'DELE x' ftp://x",
            "sed 's/a/b/w out' x",
            "sed -n '/x/w outp' x",
            "awk '{print | \"sh\"}'",
            "./fix.sh",
            "eval ls",
            "echo 'unclosed",
        ],
    );
}

#[test]
fn changes_outages_and_losses_are_told_apart() {
    check(
        EffectClass::Change,
        &[
            "kubectl rollout restart deployment/api",
            "kubectl scale deployment api --replicas=3",
            "kubectl delete pod api-1",
            "ls > files.txt",
            "uniq a b",
            "curl -d x https://x",
            "curl --trace-ascii log https://x",
            "kubectl create cm x --dry-run=client -o yaml | kubectl apply -f -",
            "psql -c 'SELECT pg_terminate_backend(4711)'",
        ],
    );
    check(
        EffectClass::Outage,
        &[
            "kubectl scale deployment api --replicas 0",
            "kubectl delete pods -l app=api",
            "systemctl stop nginx",
            "psql -c 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity'",
            "psql -c 'VACUUM FULL orders'",
        ],
    );
    check(
        EffectClass::Destroy,
        &[
            "kubectl delete pvc data -n x",
            "kubectl delete -n x secret/api",
            "redis-cli FLUSHALL",
            "redis-cli --scan | xargs redis-cli DEL",
            "sudo rm -rf /data",
            "psql -c 'SELECT 1; DROP TABLE x'",
            "ls $(rm x)",
            "./what.sh && rm x",
        ],
    );
}

/// Whether each command of a step, one text each, has an undo.
fn undone(texts: &[&str]) -> Vec<bool> {
    let catalogue = Catalogue::default();
    let mut measuring = Measuring::new(&catalogue, &allclear_core::Target::default());
    measuring.begin_step();
    texts.iter().map(|text| measuring.next("bash", text, classify("bash", text)).undo.is_some()).collect()
}

#[test]
fn a_file_is_put_back_only_where_it_was_recorded() {
    for (texts, last) in [
        // Everything is recorded where the step begins.
        (&["cd sub", "cp new.conf app.conf"][..], true),
        (&["echo a > marker", "cd sub && cp new.conf app.conf"], true),
        (&["echo a > marker", "cd sub", "cp new.conf app.conf"], true),
        (&["echo a > marker", "cd sub", "cp new.conf /etc/app.conf"], true),
        (&["echo a > marker", "cd sub", "cp /new.conf /etc/app.conf"], true),
        (&["echo a > marker", "cd /srv", "cp new.conf app.conf"], true),
        (&["echo a > marker", "cd $DIR", "cp new.conf app.conf"], true),
    ] {
        assert_eq!(undone(texts).last(), Some(&last), "{texts:?}");
    }
}

#[test]
fn a_folder_that_is_not_sure_holds_nothing_to_put_back() {
    for (texts, last) in [
        (&["if test -d sub; then cd sub; fi", "cp new.conf app.conf"][..], false),
        (&["if test -d sub; then cd sub; fi", "cd /srv", "cp new.conf app.conf"], true),
        (&["(cd sub)", "cp new.conf app.conf"], true),
        (&["cd sub || cd other", "cp new.conf app.conf"], false),
        (&["cd sub || exit 1", "cp new.conf app.conf"], true),
        (&["cd sub || { echo no; exit 1; }", "cp new.conf app.conf"], true),
        (&["cd sub || { echo no; }", "cp new.conf app.conf"], false),
        (&["test -d sub && cd sub; true", "cp new.conf app.conf"], false),
        (&["test -d sub && cd sub", "cp new.conf app.conf"], true),
        (&["go() { cd sub; }", "cd /srv", "go", "cp new.conf app.conf"], false),
        (&[". ./env.sh", "cp new.conf app.conf"], false),
        (&["eval \"$(./env.sh)\"", "cp new.conf app.conf"], false),
        (&["bash -c 'cd sub'", "cp new.conf app.conf"], true),
        (&["ssh web-1 'cd /srv'", "cp new.conf app.conf"], true),
        (&["{ cd /srv; cp a b; } | cat", "cp new.conf app.conf"], true),
        (&["{ cd /srv; cp a b; } | cat; cp new.conf app.conf"], false),
        (&["while read -r d; do cd $d; done < list", "cp new.conf app.conf"], false),
    ] {
        assert_eq!(undone(texts).last(), Some(&last), "{texts:?}");
    }
}

#[test]
fn a_name_that_may_have_changed_is_not_believed() {
    for (texts, last) in [
        (&["FILE=/a", "sed -i s/a/b/ $FILE"][..], true),
        (&["FILE=/a", ". ./env.sh", "sed -i s/a/b/ /srv/$FILE"], false),
        (&["FILE=/a", "source env.sh; sed -i s/a/b/ /srv/$FILE"], false),
        (&["FILE=/a", "printf -v FILE %s /b", "sed -i s/a/b/ $FILE"], false),
        (&["FILE=/a", "read OTHER FILE < list", "sed -i s/a/b/ $FILE"], false),
        (&["FILE=/a", "mapfile -t FILE < list", "sed -i s/a/b/ $FILE"], false),
        (&["N=1", "((N++))", "sed -i s/a/b/ /srv/$N.conf"], false),
        (&["next() { FILE=/b; }", "FILE=/a", "next", "sed -i s/a/b/ $FILE"], false),
        (&["FILE=/a", "test -e /b && FILE=/b; true", "sed -i s/a/b/ $FILE"], false),
        (&[". ./env.sh", "sed -i s/a/b/ /srv/$FILE"], false),
        (&[". ./env.sh", "FILE=/a", "sed -i s/a/b/ /srv/$FILE"], true),
        (&[". ./env.sh", "FILE=/a", "load_more", "sed -i s/a/b/ /srv/$FILE"], false),
        // It may have chosen another cluster.
        (&[". ./env.sh", "kubectl scale deployment api --replicas=3"], false),
        (&["kubectl config use-context eu; kubectl scale deployment api --replicas=3"], false),
        (&["kubectl config use-context eu", "kubectl scale deployment api --replicas=3"], true),
        (&["unset KUBECONFIG", "kubectl scale deployment api --replicas=3"], false),
        (&["(unset KUBECONFIG)", "kubectl scale deployment api --replicas=3"], true),
        (&["read -r KUBECONFIG < file", "kubectl scale deployment api --replicas=3"], false),
        (&["printf -v AWS_PROFILE %s b", "kubectl scale deployment api --replicas=3"], false),
        (&["printf '%s' AWS_PROFILE", "kubectl scale deployment api --replicas=3"], true),
        (&["for KUBECONFIG in /a /b; do kubectl get pods; done", "kubectl scale deployment api --replicas=3"], false),
        (&["KUBECONFIG=/a kubectl get pods", "kubectl scale deployment api --replicas=3"], true),
        (&["unset KUBECONFIG", "export KUBECONFIG=/a", "kubectl scale deployment api --replicas=3"], true),
        (&["kubectl scale deployment api --replicas=3"], true),
    ] {
        assert_eq!(undone(texts).last(), Some(&last), "{texts:?}");
    }
}

#[test]
fn room_for_a_file_is_taken_back_and_no_file_of_before() {
    let text = "fallocate -l 1G /swapfile";
    let with = measures(&Catalogue::default(), "bash", text, classify("bash", text));
    assert!(with.capture.contains_key("CAPTURED") && with.undo.is_some(), "{with:?}");
}

#[test]
fn a_script_of_sed_that_does_more_than_edit_is_not_undone_and_not_tried() {
    let of = |text: &str| measures(&Catalogue::default(), "bash", text, classify("bash", text));
    for text in [
        "sed -i '/a/w other' x",
        "sed -i 's/a/b/w other' x",
        "sed -i 's/.*/reboot/e' x",
        "sed -i -e '1e reboot' x",
        "sed -i.bak 'e reboot' x",
    ] {
        let with = of(text);
        assert!(with.undo.is_none() && with.preview.is_none(), "{text}: {with:?}");
        assert_eq!(classify("bash", text), EffectClass::Unknown, "{text}");
    }
    assert!(of("sed -i 's,a,b,; \\,^/x,d' x").undo.is_some());
}

#[test]
fn what_passes_on_no_input_has_no_undo_that_reads() {
    for prefix in [
        "sudo -S",
        "sudo --stdin",
        "sudo --login",
        "sudo --shell",
        "sudo --background",
        "ssh -t web-1",
        "ssh -tp22 web-1",
        "ssh -n web-1",
        "ssh -o RequestTTY=force web-1",
        "ssh -oStdinNull=yes web-1",
    ] {
        assert_eq!(undone(&[&format!("{prefix} sed -i s/a/b/ /etc/x")]), [false], "{prefix}");
        assert_eq!(undone(&[&format!("{prefix} crontab -r")]), [false], "{prefix}");
    }
    for prefix in ["sudo", "sudo -u app", "sudo -n", "ssh -p22 web-1", "kubectl exec -i web-1 --"] {
        assert_eq!(undone(&[&format!("{prefix} sed -i s/a/b/ /etc/x")]), [true], "{prefix}");
    }
    let undo = measures(&Catalogue::default(), "bash", "kubectl exec db-0 -- crontab -r", EffectClass::Destroy).undo;
    assert_eq!(undo.as_deref(), Some("kubectl exec -i db-0 -- crontab - <<<\"$CAPTURED\""));
}
