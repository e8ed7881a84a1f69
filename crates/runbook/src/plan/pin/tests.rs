//! What a target binds commands to, command by command.

use std::collections::BTreeMap;

use allclear_core::{KubernetesTarget, SecretRef, Target};

use crate::plan::{PlanRefusal, PlanRequest, plan};

/// Everything that the target says: a cluster, a database, a Redis and an account.
fn estate() -> Target {
    let plain = |text: &str| SecretRef::Plain(text.to_owned());
    let env = [
        ("DATABASE_URL", plain("postgres://app@db.eu:5432/shop")),
        ("REDIS_URL", plain("redis://cache.eu:6379")),
        ("AWS_PROFILE", plain("production")),
        ("AWS_REGION", plain("eu-central-1")),
        ("REPLICA_URL", SecretRef::Env("REPLICA_URL".to_owned())),
    ];
    let kubernetes =
        KubernetesTarget { context: Some("prod-eu".to_owned()), namespace: Some("shop".to_owned()), kubeconfig: None };
    let cluster = Target { kubernetes: Some(kubernetes), ..Target::default() };
    Target { env: env.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(), ..cluster }
}

fn refused_with(estate: Target, language: &str, text: &str) -> Vec<PlanRefusal> {
    let (runbook, _) = crate::parse("r.md", &format!("# Mend\n\n1. Do:\n\n~~~{language}\n{text}\n~~~\n"));
    let request = PlanRequest {
        target: "production".to_owned(),
        variables: BTreeMap::from([("NS".to_owned(), "shop".to_owned()), ("OTHER".to_owned(), "web".to_owned())]),
        environment: estate.env.keys().cloned().collect(),
        estate,
        ..PlanRequest::default()
    };
    let refusals = plan(&runbook, "mend", &request).err().unwrap_or_default();
    // Not looked at here: what is not performed for another reason, and variables that nobody set.
    let not_of_ours = ["missing-variable", "session-not-performed"];
    refusals.into_iter().filter(|refusal| !not_of_ours.contains(&refusal.code())).collect()
}

fn refused(text: &str) -> Vec<String> {
    let refusals = refused_with(estate(), "bash", text);
    refusals
        .iter()
        .map(|refusal| match refusal {
            PlanRefusal::OtherEstate { kind, named, .. } => {
                format!("{kind}: {}", named.as_deref().unwrap_or("?"))
            }
            other => other.to_string(),
        })
        .collect()
}

#[test]
fn a_command_that_stays_within_the_target_is_planned() {
    for text in [
        "kubectl --context prod-eu -n shop get pods",
        "kubectl -n $NS scale deployment/api --replicas=3",
        "NS2=shop\nkubectl -n \"${NS2}\" get pods",
        "kubectl get pods -A",
        "kubectl config use-context prod-eu && kubectl config set-context --current --namespace=shop",
        "kubectl create namespace sandbox",
        "kubectl exec -i api-0 -- psql -h other -d else -c 'SELECT 1'",
        "ssh bastion kubectl -n web get pods",
        "helm -n shop upgrade api ./chart --kube-context prod-eu",
        "kubectx prod-eu; kubens shop; kubectx -c",
        "psql -h DB.EU -p 5432 -d shop -c 'SELECT 1'",
        "psql \"$DATABASE_URL\" -c 'SELECT 1'",
        "psql \"$REPLICA_URL\" -c 'SELECT 1'",
        "psql postgres://ana@db.eu/shop?sslmode=require",
        "pg_restore -d shop dump.bin",
        "createdb scratch",
        "redis-cli -h cache.eu -p 6379 PING",
        "redis-cli -u redis://cache.eu:6379/0 PING",
        "aws --profile production s3 ls --region eu-central-1",
        "docker --context other ps",
        "echo kubectl --context staging",
    ] {
        assert_eq!(refused(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn a_command_that_names_something_else_is_refused() {
    for (text, named) in [
        ("kubectl --context staging get pods", "context: staging"),
        ("kubectl --context=staging delete pod x", "context: staging"),
        ("kubectl get pods -n web", "namespace: web"),
        ("kubectl -n $OTHER get pods", "namespace: web"),
        ("kubectl -n \"$(cat ns)\" get pods", "namespace: ?"),
        ("kubectl --kubeconfig ~/.kube/other get pods", "kubeconfig: ~/.kube/other"),
        ("KUBECONFIG=other.yaml kubectl get pods", "kubeconfig: other.yaml"),
        ("export KUBECONFIG=other.yaml", "kubeconfig: other.yaml"),
        ("env KUBECONFIG=other.yaml kubectl get pods", "kubeconfig: other.yaml"),
        ("kubectl --cluster eu get pods", "cluster: eu"),
        ("kubectl -s https://127.0.0.1:6443 get pods", "cluster: https://127.0.0.1:6443"),
        ("kubectl config use-context staging", "context: staging"),
        ("kubectl config set-context --current --namespace=web", "namespace: web"),
        ("kubectl config set current-context staging", "cluster: ?"),
        ("kubectl delete pods --all -A", "namespace: ?"),
        ("oc project web", "namespace: web"),
        ("helm --kube-context staging list", "context: staging"),
        ("helm upgrade api ./chart -n web", "namespace: web"),
        ("kubectx staging", "context: staging"),
        ("kubectx -", "context: ?"),
        ("kubens web", "namespace: web"),
        ("sudo kubectl -n web get pods", "namespace: web"),
        ("for n in a b; do kubectl -n web get pods; done", "namespace: web"),
        ("psql -h staging-db -c 'SELECT 1'", "PostgreSQL host: staging-db"),
        ("psql -d other -c 'SELECT 1'", "database: other"),
        ("psql postgres://ana:hunter2@staging/shop", "PostgreSQL host: staging"),
        ("psql 'host=staging dbname=shop'", "PostgreSQL host: staging"),
        ("PGHOST=staging psql -c 'SELECT 1'", "PostgreSQL host: staging"),
        ("pg_dump -p 5433 shop", "PostgreSQL port: 5433"),
        ("redis-cli -h staging FLUSHALL", "Redis host: staging"),
        ("redis-cli -u redis://:hunter2@staging:6379 PING", "Redis host: staging"),
        ("aws --profile staging s3 ls", "AWS profile: staging"),
        ("aws s3 ls --region us-east-1", "AWS region: us-east-1"),
        ("AWS_PROFILE=staging aws s3 ls", "AWS profile: staging"),
        ("aws eks update-kubeconfig --name other", "cluster: other"),
        ("gcloud container clusters get-credentials other", "cluster: other"),
    ] {
        assert_eq!(refused(text), [named], "{text}");
    }
}

#[test]
fn a_manifest_is_bound_to_the_namespace_too() {
    let manifest = |namespace: &str| {
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: flags\n  namespace: {namespace}\ndata: {{a: b}}")
    };
    assert_eq!(refused_with(estate(), "yaml", &manifest("shop")), []);
    let refusals = refused_with(estate(), "yaml", &manifest("web"));
    assert_eq!(refusals.iter().map(PlanRefusal::code).collect::<Vec<_>>(), ["other-estate"]);
    let piped = format!("kubectl apply -f - <<'EOF'\n{}\nEOF", manifest("web"));
    assert_eq!(refused(&piped), ["namespace: web"]);
}

#[test]
fn where_the_target_says_nothing_nothing_is_refused() {
    for text in ["kubectl --context staging -n web get pods", "psql -h x -d y", "aws --profile z s3 ls", "kubectx -"] {
        assert_eq!(refused_with(Target::default(), "bash", text), [], "{text}");
    }
    let namespace = KubernetesTarget { namespace: Some("shop".to_owned()), ..KubernetesTarget::default() };
    let only_namespace = Target { kubernetes: Some(namespace), ..Target::default() };
    assert_eq!(refused_with(only_namespace.clone(), "bash", "kubectl --context staging get pods"), []);
    assert_eq!(refused_with(only_namespace, "bash", "kubectl -n web get pods").len(), 1);
}

#[test]
fn a_refusal_says_what_was_named_and_never_a_password() {
    let said = |text: &str| refused_with(estate(), "bash", text)[0].to_string();
    let context = said("kubectl --context staging get pods");
    assert!(
        context.starts_with("line 6 names a context (`--context`), `staging`, and that of the target"),
        "{context}"
    );
    assert!(!said("psql postgres://ana:hunter2@staging/shop").contains("hunter2"));
    let then = said("kubectl -n $(cat ns) get pods");
    assert!(then.contains("only known when it runs"), "{then}");
}
