# deploy.sh [FOLDER]: what is deployed on a place is the artifact, as it is.
set -e
cp dist/greeting "${1:-place}/$STAGEGATE_TARGET.greeting"
cp dist/commit "${1:-place}/$STAGEGATE_TARGET.commit"
