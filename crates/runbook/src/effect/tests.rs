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
